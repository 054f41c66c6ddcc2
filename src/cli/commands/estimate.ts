import { EXIT_CODES } from '../../core/vocabulary.ts';
import { describePlan, planDocument } from '../../workspace/describePlan.ts';
import { planJob, type PlanningOptions } from '../planOptions.ts';
import { openSession } from '../session.ts';

/** `estimate FILE`: what `run` would show before asking; sends nothing and writes nothing. */
export async function estimateCommand(file: string, options: PlanningOptions): Promise<number> {
  const session = await openSession(options, file);
  const plan = await planJob(session, file, options);
  session.output.text(describePlan(plan));
  session.output.document(planDocument(plan));
  return EXIT_CODES.ok;
}
