/** Stand-ins for every part of a run, for tests of programs that use Batchbook. */
export { FakeClock, type FakeClockOptions } from './testing/fakeClock.ts';
export { MockBatchRequest, mockBatchRequests, type MockBatchScript } from './testing/mockBatchRequest.ts';
export { MockCostTracker, type CostCall } from './testing/mockCostTracker.ts';
export { MockStateManager } from './testing/mockStateManager.ts';
export { MockProvider, type MockProviderOptions } from './providers/mock/mockProvider.ts';
export { MockService } from './providers/mock/mockService.ts';
export { inProcess, type MockTransport } from './providers/mock/mockTransport.ts';
export { overHttp } from './providers/mock/httpTransport.ts';
export type {
  CallPick,
  MockEnding,
  MockFaults,
  MockOutcome,
  MockOutcomes,
  MockRow,
  MockServiceOptions,
  RowPick,
} from './providers/mock/mockOptions.ts';
export type { MockLedger, MockLedgerBatch, MockLedgerRow } from './providers/mock/mockLedger.ts';
