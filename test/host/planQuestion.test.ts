import assert from 'node:assert/strict';
import { PlanQuestion, type ConfirmDecision } from '../../src/host/confirm/planQuestion.ts';
import type { ConfirmState } from '../../src/protocol/confirmSurface.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';
import { planOf } from '../support/confirmPlans.ts';

type Replan = (changes: {
  readonly leaveOut?: readonly string[];
  readonly pilot?: number;
}) => Promise<JobPlan>;

class Asked {
  readonly shown: ConfirmState[] = [];
  readonly opened: string[] = [];
  readonly decisions: ConfirmDecision[] = [];
  readonly reported: unknown[] = [];
  readonly question: PlanQuestion;

  constructor(plan: JobPlan, replan: Replan) {
    this.question = new PlanQuestion({
      request: { plan, replan },
      show: (state) => this.shown.push(state),
      open: async (paths) => void this.opened.push(...paths),
      decide: (decision) => this.decisions.push(decision),
      report: (error) => this.reported.push(error),
    });
    this.question.show();
  }

  get now(): ConfirmState {
    return this.shown.at(-1)!;
  }

  async send(pilot: boolean, revision = this.now.revision): Promise<void> {
    this.question.intents.send.handle({ pilot, revision });
    await settled();
  }

  async leaveOut(): Promise<void> {
    this.question.intents.leaveOutSecrets.handle(null);
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const SECRET = { likelySecrets: [{ source: 'contracts/a/one.md', what: 'a password' }] };

function rowOf(id: string, inputHash: string): JobPlan['rows'][number] {
  const estimate = { bytes: 1, inputTokens: 1, reservedNanoUsd: 1, expectedNanoUsd: 1 };
  return { id, cell: 'terms', source: `${id}.md`, inputHash, estimate };
}

describe('The question before sending (P7)', () => {
  it('hears no yes while another plan is being made', async () => {
    const replanned = Promise.withResolvers<JobPlan>();
    const asked = new Asked(planOf(SECRET), () => replanned.promise);
    await asked.leaveOut();
    assert.equal(asked.now.busy, true);
    await asked.send(false);
    await asked.send(true);
    assert.deepEqual(asked.decisions, []);
    const rest = planOf();
    replanned.resolve(rest);
    await settled();
    assert.equal(asked.now.busy, false);
    await asked.send(false);
    assert.deepEqual(asked.decisions, [{ kind: 'send', plan: rest }]);
  });

  it('hears no yes to a plan that is no longer on the page', async () => {
    const asked = new Asked(planOf(SECRET), async () => planOf());
    const before = asked.now.revision;
    await asked.leaveOut();
    await asked.send(false, before);
    assert.deepEqual(asked.decisions, []);
  });

  it('sends a pilot of what it showed, without what was left out', async () => {
    const changes: unknown[] = [];
    const asked = new Asked(planOf(SECRET), async (change) => {
      changes.push(change);
      return planOf();
    });
    await asked.leaveOut();
    await asked.send(true);
    assert.equal(asked.decisions.length, 1);
    assert.deepEqual(changes, [
      { leaveOut: ['contracts/a/one.md'] },
      { pilot: 20, leaveOut: ['contracts/a/one.md'] },
    ]);
  });

  it('shows what has changed instead of sending a pilot of it', async () => {
    const changed = planOf({ rows: [rowOf('a', 'other')] });
    const asked = new Asked(planOf({ rows: [rowOf('a', 'first')] }), async () => changed);
    await asked.send(true);
    assert.deepEqual(asked.decisions, []);
    assert.match(asked.now.news, /have changed since/);
    await asked.send(false);
    assert.deepEqual(asked.decisions, [{ kind: 'send', plan: changed }]);
  });

  it('sends no pilot to another address than the one it showed', async () => {
    const destinations = planOf().summary.destinations.map((one) => ({
      ...one,
      origin: 'https://other.example',
    }));
    const asked = new Asked(planOf(), async () => planOf({ summary: { destinations } }));
    await asked.send(true);
    assert.deepEqual(asked.decisions, []);
    assert.match(JSON.stringify(asked.now.facts), /other\.example/);
  });

  it('goes on with the plan on the page when another one cannot be made', async () => {
    let fails = true;
    const asked = new Asked(planOf(SECRET), async ({ leaveOut }) => {
      if (fails) throw new Error('Everything is left out.');
      assert.deepEqual(leaveOut, []);
      return planOf();
    });
    await asked.leaveOut();
    assert.match(String(asked.reported), /Everything is left out/);
    assert.equal(asked.now.busy, false);
    assert.ok(asked.now.secrets);
    fails = false;
    await asked.send(true);
    assert.equal(asked.decisions.length, 1);
  });

  it('opens for a look what the plan names, whatever is in the names', async () => {
    const plan = planOf({
      rows: [{ ...rowOf('hello-1', ''), source: '' }],
      likelySecrets: ['notes/c#.md', 'data/people.csv#ann#2', 'data/people.csv#bob', 'hello-1'].map(
        (source) => ({
          source,
          what: 'a password',
        }),
      ),
    });
    const asked = new Asked(plan, () => Promise.reject(new Error('nothing is replanned')));
    asked.question.intents.lookAtSecrets.handle(null);
    await settled();
    assert.deepEqual(asked.opened, ['notes/c#.md', 'data/people.csv', 'contracts.batch.json']);
  });
});
