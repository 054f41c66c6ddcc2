import { l10n } from 'vscode';
import type { FileGroup, FileList } from '../../protocol/confirmSurface.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import { bytesInWords, files, number } from '../words.ts';
import { plainTexts } from './plainTexts.ts';
import { inputsOf, type PlanInput } from './planInputs.ts';

/** Folders and reasons listed before the rest becomes one line, and files in an opened one. */
const SHOWN_GROUPS = 200;
const SHOWN_FILES = 1_000;

/** A group as the page shows it, and the files that it opens to. */
interface Group {
  readonly view: Omit<FileGroup, 'id'>;
  readonly files: readonly Listed[];
}

interface Listed {
  readonly name: string;
  /** With the folder or table that `name` does without. */
  readonly fullName: string;
  readonly bytes: number | undefined;
}

/** What the page lists, with the files behind each line by its id. */
export class FileGroups {
  readonly sent: readonly FileGroup[];
  readonly stays: readonly FileGroup[];
  readonly #files = new Map<string, readonly Listed[]>();

  constructor(plan: JobPlan) {
    this.sent = this.#keep('sent', sentGroups(plan));
    this.stays = this.#keep('stays', staysGroups(plan));
  }

  /** The files behind a line; none where the page names one that there is not. */
  filesOf(id: string): FileList {
    const all = this.#files.get(id) ?? [];
    const more = all.length - SHOWN_FILES;
    return plainTexts({
      files: all.slice(0, SHOWN_FILES).map(({ name, bytes }) => ({
        name,
        size: bytes === undefined ? '' : bytesInWords(bytes),
      })),
      more: more > 0 ? l10n.t('and {0} more', number(more)) : '',
    });
  }

  #keep(kind: string, groups: readonly Group[]): readonly FileGroup[] {
    const views = groups.slice(0, SHOWN_GROUPS).map(({ view, files: members }, i): FileGroup => {
      if (members.length === 0) return { ...view, id: undefined };
      const id = `${kind} ${String(i)}`;
      this.#files.set(id, members);
      return { ...view, id };
    });
    const rest = groups.slice(SHOWN_GROUPS);
    if (rest.length === 0) return views;
    const id = `${kind} rest`;
    const members = rest.flatMap((group) => group.files);
    this.#files.set(
      id,
      members.map((member) => ({ ...member, name: member.fullName })),
    );
    const label = l10n.t('{0} more folders', number(rest.length));
    const size = bytesInWords(members.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0));
    return [...views, { id, icon: 'folder-library', label, count: files(members.length), size }];
  }
}

/** By folder; rows of a table by the table. */
function sentGroups(plan: JobPlan): Group[] {
  const inputOf = inputsOf(plan);
  const inputs = plan.sources.map(({ source, bytes }) => ({ input: inputOf(source), source, bytes }));
  const groups = Map.groupBy(inputs, ({ input }) => `${input.kind} ${placeOf(input)}`);
  return [...groups.values()].map((members): Group => {
    const [{ input }] = members as [(typeof members)[number]];
    const size = bytesInWords(members.reduce((sum, { bytes }) => sum + bytes, 0));
    return {
      view: { ...headOf(input, members.length, plan), size },
      files: members.map((member) => ({
        name: nameOf(member.input),
        fullName: member.source,
        bytes: member.bytes,
      })),
    };
  });
}

/** Folder or table; empty for the root and for the job file. */
function placeOf(input: PlanInput): string {
  if (input.kind === 'file') return input.path.slice(0, Math.max(0, input.path.lastIndexOf('/')));
  return input.kind === 'row' ? input.table : '';
}

function nameOf(input: PlanInput): string {
  if (input.kind === 'file') return input.path.slice(input.path.lastIndexOf('/') + 1);
  return input.kind === 'row' ? input.key : input.id;
}

function headOf(input: PlanInput, count: number, { meta }: JobPlan): Omit<Group['view'], 'size'> {
  const rows = count === 1 ? l10n.t('1 row') : l10n.t('{0} rows', number(count));
  switch (input.kind) {
    case 'file':
      return {
        icon: 'folder',
        label: placeOf(input) || l10n.t('the workspace folder itself'),
        count: files(count),
      };
    case 'row':
      return { icon: 'table', label: input.table, count: rows };
    case 'messages':
      return {
        icon: 'note',
        label: l10n.t('Messages of {0}', meta.jobFile?.path ?? meta.title),
        count: rows,
      };
  }
}

function staysGroups({ leftOut, summary }: JobPlan): Group[] {
  const groups = [...Map.groupBy(leftOut, ({ why }) => why)].map(([why, members]): Group => ({
    view: { icon: 'archive', label: reason(why), count: files(members.length), size: '' },
    files: members.map(({ path }) => ({ name: path, fullName: path, bytes: undefined })),
  }));
  const line = (icon: string, label: string): Group => ({
    view: { icon, label, count: '', size: '' },
    files: [],
  });
  if (summary.rowsReused > 0)
    groups.unshift(
      line(
        'history',
        summary.rowsReused === 1
          ? l10n.t('1 row that an earlier run has answered already')
          : l10n.t('{0} rows that earlier runs have answered already', number(summary.rowsReused)),
      ),
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
