import { FakeAnthropic } from './fakeAnthropic.ts';
import { FakeGemini } from './fakeGemini.ts';
import { FakeOpenAI } from './fakeOpenAI.ts';
import type { FakePlan } from './fakePlan.ts';
import type { FakeName, FakeServer } from './fakeServer.ts';

const START: Readonly<Record<FakeName, (plan: FakePlan, inspects: boolean) => Promise<FakeServer>>> = {
  anthropic: (plan, inspects) => FakeAnthropic.start(plan, inspects),
  openai: (plan, inspects) => FakeOpenAI.start(plan, inspects),
  gemini: (plan, inspects) => FakeGemini.start(plan, inspects),
};

/**
 * Starts the fake of a service in this process.
 * @param inspects Whether what comes and goes is held against the vendor's own types.
 */
export function fakeNamed(name: FakeName, plan: FakePlan = {}, inspects = true): Promise<FakeServer> {
  return START[name](plan, inspects);
}
