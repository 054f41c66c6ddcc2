import { l10n } from 'vscode';
import type { FileGroup, FileList } from '../../protocol/confirmSurface.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import { bytesInWords, files, number } from '../words.ts';

/** Folders and reasons listed before the rest becomes one line, and files in an opened one. */
const SHOWN_GROUPS = 200;
const SHOWN_FILES = 1_000;

/** A group as the page shows it, and the files that it opens to. */
interface Group {
  readonly view: FileGroup;
  readonly files: readonly { readonly name: string; readonly bytes: number | undefined }[];
}

/** What the page lists, with the files behind each line by its id. */
export class FileGroups {
  readonly sent: readonly FileGroup[];
  readonly stays: readonly FileGroup[];
  readonly #files = new Map<string, Group['files']>();

  constructor(plan: JobPlan) {
    this.sent = this.#keep('sent', sentGroups(plan));
    this.stays = this.#keep('stays', staysGroups(plan));
  }

  /** The files behind a line; none where the page names one that there is not. */
  filesOf(id: string): FileList {
    const all = this.#files.get(id) ?? [];
    const more = all.length - SHOWN_FILES;
    return {
      files: all.slice(0, SHOWN_FILES).map(({ name, bytes }) => ({
        name,
        size: bytes === undefined ? '' : bytesInWords(bytes),
      })),
      more: more > 0 ? l10n.t('and {0} more', number(more)) : '',
    };
  }

  #keep(kind: string, groups: readonly Group[]): readonly FileGroup[] {
    const views = groups.slice(0, SHOWN_GROUPS).map(({ view, files: members }, i): FileGroup => {
      if (members.length === 0) return view;
      const id = `${kind} ${String(i)}`;
      this.#files.set(id, members);
      return { ...view, id };
    });
    const rest = groups.slice(SHOWN_GROUPS);
    if (rest.length === 0) return views;
    const id = `${kind} rest`;
    const members = rest.flatMap((group) => group.files);
    this.#files.set(id, members);
    const label = l10n.t('{0} more folders', number(rest.length));
    return [...views, { id, icon: 'folder-library', label, count: files(members.length), size: '' }];
  }
}

/** By folder; rows of a table by the table. */
function sentGroups({ sources }: JobPlan): Group[] {
  const byFolder = Map.groupBy(sources, ({ source }) => groupOf(source));
  return [...byFolder].map(([label, members]) => ({
    view: {
      id: undefined,
      icon: label.includes('#') ? 'table' : 'folder',
      label: label === '' ? l10n.t('the workspace folder itself') : label.replace(/#$/, ''),
      count: label.endsWith('#') ? l10n.t('{0} rows', number(members.length)) : files(members.length),
      size: bytesInWords(members.reduce((sum, { bytes }) => sum + bytes, 0)),
    },
    files: members.map(({ source, bytes }) => ({ name: nameIn(label, source), bytes })),
  }));
}

function groupOf(source: string): string {
  const hash = source.lastIndexOf('#');
  if (hash > 0) return `${source.slice(0, hash)}#`;
  return source.slice(0, Math.max(0, source.lastIndexOf('/')));
}

function nameIn(group: string, source: string): string {
  if (group.endsWith('#')) return source.slice(group.length);
  return group === '' ? source : source.slice(group.length + 1);
}

function staysGroups({ leftOut, summary }: JobPlan): Group[] {
  const groups = [...Map.groupBy(leftOut, ({ why }) => why)].map(([why, members]): Group => ({
    view: { id: undefined, icon: 'archive', label: reason(why), count: files(members.length), size: '' },
    files: members.map(({ path }) => ({ name: path, bytes: undefined })),
  }));
  const line = (icon: string, label: string): Group => ({
    view: { id: undefined, icon, label, count: '', size: '' },
    files: [],
  });
  if (summary.rowsReused > 0)
    groups.unshift(
      line('history', l10n.t('{0} rows that earlier runs have answered already', number(summary.rowsReused))),
    );
  if (summary.destinations.some(({ origin }) => origin !== undefined))
    groups.push(
      line('folder', l10n.t('Folder and file names, but for those that the prompt has by {{file.…}}')),
      line('key', l10n.t('Your key: it goes to the service alone, and into no file, log or page')),
    );
  return groups;
}

/** "is empty (0 bytes)" as a line of its own. */
function reason(why: string): string {
  return l10n.t('Each {0}', why);
}
