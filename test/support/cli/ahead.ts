import pLimit from 'p-limit';

/** Cases worked on at the same time. */
const AT_ONCE = 3;

/**
 * Works on the cases of a table side by side, from when the first is asked for: a test for each then only waits for its
 * own. For cases that share nothing.
 */
export function ahead<C, R>(cases: readonly C[], work: (one: C) => Promise<R>): (one: C) => Promise<R> {
  let started: Map<C, Promise<R>> | undefined;
  return (one) => {
    if (started === undefined) {
      const limit = pLimit(AT_ONCE);
      started = new Map(cases.map((each) => [each, limit(work, each)]));
      for (const result of started.values()) result.catch(() => undefined); // its own test tells
    }
    return started.get(one) ?? work(one);
  };
}
