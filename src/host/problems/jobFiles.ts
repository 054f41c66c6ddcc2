import type { DocumentSelector } from 'vscode';

/** Job files, as VS Code has them open as text. */
export const JOB_FILES: DocumentSelector = { scheme: 'file', language: 'jsonc', pattern: '**/*.batch.json' };
