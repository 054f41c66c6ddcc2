import type { Job } from '../../src/core/job.ts';

const FILE = { path: 'docs/a.md', bytes: new TextEncoder().encode('A text with words.') };
const PDF = { path: 'docs/a.pdf', bytes: new TextEncoder().encode('%PDF-1.7') };
const SCHEMA = {
  type: 'object',
  properties: { total: { type: 'number' }, note: { type: 'string' } },
  required: ['total'],
};

/** Every form of request that a cell can lead to. */
export function requestForms(model: string): readonly Job[] {
  const base = { id: 'a', maxTokens: 100, prompt: 'Summarize.' };
  return [
    { ...base, model },
    { ...base, model, file: FILE, system: 'Be short.', cache: true },
    { ...base, model, file: PDF, effort: 'low' },
    { ...base, model, file: { ...PDF, path: 'a.png' } },
    { ...base, model, responseSchema: SCHEMA },
    {
      ...base,
      model,
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'And?' },
      ],
    },
  ];
}
