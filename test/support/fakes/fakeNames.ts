import { FakeAnthropic } from './fakeAnthropic.ts';
import { FakeGemini } from './fakeGemini.ts';
import { FakeOpenAI } from './fakeOpenAI.ts';
import type { FakePlan } from './fakePlan.ts';
import type { FakeServer } from './fakeServer.ts';

export const FAKE_NAMES = ['anthropic', 'openai', 'gemini'] as const;
export type FakeName = (typeof FAKE_NAMES)[number];

const START: Readonly<Record<FakeName, (plan: FakePlan) => Promise<FakeServer>>> = {
  anthropic: (plan) => FakeAnthropic.start(plan),
  openai: (plan) => FakeOpenAI.start(plan),
  gemini: (plan) => FakeGemini.start(plan),
};

/** Starts the fake of a service in this process. */
export function fakeNamed(name: FakeName, plan: FakePlan = {}): Promise<FakeServer> {
  return START[name](plan);
}
