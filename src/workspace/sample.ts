import path from 'node:path';
import { writeNew } from './selectionJobFile.ts';

/** Folder of the sample below the root. */
export const SAMPLE_FOLDER = 'batchbook-sample';

/**
 * Puts the sample into the root: three texts and a job file for the offline model. What is there already stays as it is.
 * @returns Absolute path of the job file.
 * @throws ValidationError `usage` where it cannot be written.
 */
export async function writeSample(root: string): Promise<string> {
  for (const [name, text] of Object.entries(TEXTS))
    await writeNew(path.join(root, SAMPLE_FOLDER, 'texts', name), text);
  const jobFile = path.join(root, SAMPLE_FOLDER, 'sample.batch.json');
  await writeNew(jobFile, JOB_FILE);
  return jobFile;
}

const JOB_FILE = `{
  "version": 1,
  "title": "Sample: three summaries",
  // Runs on this machine: free, without a key, nothing is sent. It is extractive, not an AI model.
  "defaults": { "model": "offline-extractive" },
  "costLimitUsd": 1,
  "cells": [
    {
      "kind": "files",
      "id": "summary",
      "files": ["${SAMPLE_FOLDER}/texts"],
      "prompt": "Summarize {{file.name}} in two sentences.",
      "output": "${SAMPLE_FOLDER}/summaries/{{file.stem}}.md"
    }
  ]
}
`;

const TEXTS: Readonly<Record<string, string>> = {
  'harbour-notes.md': `# Notes on the harbour

The old harbour was built in 1874 to ship timber from the upper valleys. For eighty years the timber trade filled its three basins, and the town grew around them. When the railway reached the valleys in 1951, ships stopped coming within a decade. The basins silted up, and the warehouses stood empty.

In 1998 the town bought the harbour for a symbolic price. A plan to fill the basins for a car park was stopped by a vote in which four out of five people wanted to keep the water. The warehouses became workshops, a library and forty flats. Dredging the first basin took two years and cost more than the rest together.

Today the harbour has a swimming area, a small boatyard and a market on Saturdays. Boats of up to twelve metres can reach the first basin at high water. The second basin is kept shallow for birds. What to do with the third is still argued about.
`,
  'bee-survey.txt': `Bee survey of the allotments, summer summary.

Between April and September we counted wild bees on thirty allotments, once every two weeks. Seventy-one species were found, eleven more than in the survey five years ago. The most common was the red mason bee, followed by two kinds of bumblebee. Four species on the regional red list were seen, all of them on allotments with open, sandy ground.

Allotments with at least six kinds of flowering plants had more than twice as many species as those with lawn only. Size made little difference. Bee hotels were used mostly by common species, and a third of the hotels that can be bought had holes with splinters that harm wings.

We suggest leaving one square metre of sandy soil bare on every allotment, mowing the paths in turn instead of all at once, and planting knapweed, scabious and comfrey. The survey will be repeated in five years.
`,
  'release-notes.md': `# Version 4.2

This release makes the importer about three times faster on large folders, because files are now read in parallel and hashes are kept between runs. Memory use stays below 200 MB for folders of a hundred thousand files.

The search box understands quotes and minus signs. Results can be sorted by date. A search that takes longer than a second can be cancelled with Escape.

Three bugs that could lose data are fixed. A rename during an import no longer leaves an empty file behind. A full disk is now noticed before the index is replaced. Undo after a merge restores the tags as well.

The old plug-in interface is deprecated and will be removed in version 5. Plug-ins that use it go on working and show a note in the log.
`,
};
