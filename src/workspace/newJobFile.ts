/** What people begin a job file with. */
export const JOB_TEMPLATES = ['summarize', 'extract', 'classify', 'translate', 'review', 'compare'] as const;
export type JobTemplate = (typeof JOB_TEMPLATES)[number];

export interface NewJobFile {
  readonly title: string;
  readonly template: JobTemplate;
  /** The model that the person has set as the usual one. */
  readonly model: string;
  readonly costLimitUsd: number;
}

const OFFLINE = 'offline-extractive';
/** Stands where a task needs more than the offline model can do, and the person has set no other. */
const SMALL_MODEL = 'claude-haiku-5-5';

/** The usual name of a new job file by its template, without `.batch.json`. */
export const TEMPLATE_NAMES: Readonly<Record<JobTemplate, string>> = {
  summarize: 'summaries',
  extract: 'extract',
  classify: 'labels',
  translate: 'translations',
  review: 'review',
  compare: 'comparison',
};

/** A job file to begin with, as text: every part that a first run needs, and a word on each. */
export function newJobFileText({ title, template, model, costLimitUsd }: NewJobFile): string {
  const needsAI = !['summarize', 'compare'].includes(template);
  const used = needsAI && model === OFFLINE ? SMALL_MODEL : model;
  return `{
  "version": 1,
  "title": ${JSON.stringify(title)},
  ${modelNote(used)}
  "defaults": { "model": ${JSON.stringify(used)}, "maxTokens": 1000 },
  // What one run may cost at most. Nothing is sent that might exceed it.
  "costLimitUsd": ${String(costLimitUsd)},
  "cells": [
    { "kind": "markdown", "text": "# ${JSON.stringify(title).slice(1, -1)}" },
${CELLS[template](used)}
  ]
}
`;
}

function modelNote(model: string): string {
  return model === OFFLINE
    ? '// Runs on this machine, free and without a key. It picks sentences: extractive, not an AI model.'
    : '// "batchbook models" lists the models. Give its key with "Batchbook: Set API Key…".';
}

const FILES_NOTE =
  '// Files, folders and globs below the workspace folder; one that begins with "!" takes files away.';

const CELLS: Readonly<Record<JobTemplate, (model: string) => string>> = {
  summarize: () => `    {
      "kind": "files",
      "id": "summary",
      ${FILES_NOTE}
      "files": ["**/*.{md,txt,pdf}"],
      "prompt": "Summarize {{file.name}} in three sentences.",
      "output": "summaries/{{file.path}}.md"
    }`,
  extract: () => `    {
      "kind": "files",
      "id": "extract",
      ${FILES_NOTE}
      "files": ["**/*.{md,txt,pdf}"],
      "prompt": "Take the facts below out of {{file.name}}. Use null for what it does not say.",
      // Every answer has to fit this schema. A description tells the model what is meant.
      "responseSchema": {
        "type": "object",
        "properties": {
          "title": { "type": "string", "description": "Title of the document, as it stands there" },
          "date": { "type": ["string", "null"], "description": "Its date, as YYYY-MM-DD" },
          "people": {
            "type": "array",
            "items": { "type": "string" },
            "description": "Full names of all people that it mentions"
          }
        },
        "required": ["title", "date", "people"],
        "additionalProperties": false
      },
      "output": "extract/{{file.path}}.json"
    }`,
  classify: () => `    {
      "kind": "files",
      "id": "label",
      ${FILES_NOTE}
      "files": ["**/*.{md,txt,pdf}"],
      "prompt": "Which label fits {{file.name}} best?",
      "responseSchema": {
        "type": "object",
        "properties": {
          "label": {
            "type": "string",
            "enum": ["question", "complaint", "praise", "other"],
            "description": "The one label that fits best"
          },
          "reason": { "type": "string", "description": "Why, in one sentence" }
        },
        "required": ["label", "reason"],
        "additionalProperties": false
      },
      "output": "labels/{{file.path}}.json"
    }`,
  translate: () => `    {
      "kind": "files",
      "id": "translate",
      ${FILES_NOTE}
      "files": ["**/*.{md,txt}"],
      "system": "You are a careful translator. You keep the meaning, the tone and the Markdown.",
      "prompt": "Translate {{file.name}} into English. Answer with the translation only.",
      // As long an answer as the text is: a longer text needs more.
      "maxTokens": 8000,
      "output": "translations/{{file.path}}"
    }`,
  review: () => `    {
      "kind": "files",
      "id": "review",
      ${FILES_NOTE}
      "files": ["src/**/*.{ts,js,py,go,rs,java,cs}"],
      "prompt": "Review {{file.path}}. Name mistakes that would do harm, not matters of taste.",
      "responseSchema": {
        "type": "object",
        "properties": {
          "findings": {
            "type": "array",
            "description": "What is wrong; empty where nothing is",
            "items": {
              "type": "object",
              "properties": {
                "line": { "type": "integer", "description": "Line of the file, counted from 1" },
                "severity": { "type": "string", "enum": ["error", "warning", "info"], "description": "How bad it is" },
                "message": { "type": "string", "description": "What is wrong and what to do" }
              },
              "required": ["line", "severity", "message"],
              "additionalProperties": false
            }
          }
        },
        "required": ["findings"],
        "additionalProperties": false
      },
      "output": "review/{{file.path}}.json"
    }`,
  compare: (model) => `    // The same question to two models; the answers lie side by side.
    {
      "kind": "files",
      "id": "one",
      ${FILES_NOTE}
      "files": ["**/*.{md,txt}"],
      "prompt": "Summarize {{file.name}} in three sentences.",
      "output": "comparison/{{file.path}}.one.md"
    },
    {
      "kind": "files",
      "id": "two",
      "files": ["**/*.{md,txt}"],
      "model": ${JSON.stringify(model === OFFLINE ? SMALL_MODEL : OFFLINE)},
      "prompt": "Summarize {{file.name}} in three sentences.",
      "output": "comparison/{{file.path}}.two.md"
    }`,
};
