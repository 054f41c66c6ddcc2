import { l10n } from 'vscode';
import type { ErrorCode } from '../../core/vocabulary.ts';

/** An error in plain words: what it is, and what can be done. */
export interface PlainWords {
  readonly title: string;
  /** What to do. */
  readonly advice: string;
}

/** What an error of a run means for the person. @param service What people call the provider it is of. */
export function refusalInWords(code: ErrorCode, service: string): PlainWords {
  switch (code) {
    case 'auth':
      return {
        title: l10n.t('{0} does not accept the key.', service),
        advice: l10n.t('Set a key that is good there, then go on.'),
      };
    case 'providerRefused':
      return {
        title: l10n.t('{0} takes no more of this account.', service),
        advice: l10n.t(
          'The account has no credit left, or may not use this model. Look at it there, then go on.',
        ),
      };
    case 'rateLimit':
      return {
        title: l10n.t('{0} takes no more requests for now.', service),
        advice: l10n.t('It is asked again by itself, later and less often.'),
      };
    case 'queueFull':
      return {
        title: l10n.t('The queue of {0} is full.', service),
        advice: l10n.t('Rows go on by themselves as batches end. No attempt is used up.'),
      };
    case 'network':
      return {
        title: l10n.t('{0} was not reached.', service),
        advice: l10n.t('It is tried again by itself. What is at the provider goes on there.'),
      };
    case 'unavailable':
    case 'truncatedDownload':
      return {
        title: l10n.t('{0} could not answer.', service),
        advice: l10n.t('It is asked again by itself. No row is affected.'),
      };
    case 'notFound':
      return {
        title: l10n.t('{0} does not have what was asked for.', service),
        advice: l10n.t('The model, the address or the batch is not there. Look at the job file, then go on.'),
      };
    case 'invalidRequest':
    case 'validation':
      return {
        title: l10n.t('{0} will not have these rows as they are.', service),
        advice: l10n.t('Change the job file and run it again, or send them all the same.'),
      };
    case 'ambiguous':
      return {
        title: l10n.t('It is not known whether {0} has a batch.', service),
        advice: l10n.t('Nothing is sent twice until you say so.'),
      };
    case 'disk':
      return {
        title: l10n.t('The disk takes nothing more.'),
        advice: l10n.t('Make room, then go on. Nothing is lost: what is at the provider is collected later.'),
      };
    case 'leaseHeld':
    case 'leaseLost':
      return {
        title: l10n.t('Another process drives this run.'),
        advice: l10n.t('It goes on there.'),
      };
    case 'costLimit':
    case 'unknownPrice':
      return {
        title: l10n.t('The cost limit leaves no room.'),
        advice: l10n.t('Raise the limit, then go on.'),
      };
    default:
      return {
        title: l10n.t('Sending has stopped.'),
        advice: l10n.t('Read why below, then go on.'),
      };
  }
}
