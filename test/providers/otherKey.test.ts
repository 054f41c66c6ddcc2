import assert from 'node:assert/strict';
import { keyFingerprint } from '../../src/core/serviceAccess.ts';
import { messages, openAt, sendAndStop } from '../support/fakeWorkspace.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';

const OTHER = 'sk-another-project';

for (const service of FAKE_SERVICES) {
  describe(`b-19 A batch at ${service.name} that was sent with another key`, function () {
    this.timeout(60_000);

    for (const [how, fault] of [
      ['hides it', { kind: 'status', status: 404, body: { error: { message: 'no such batch' } } }],
      ['is refused', undefined],
    ] as const)
      it(`where the key set now ${how}: is explained before it is asked for, waits, and is read with its own key`, async () => {
        await using fake = await fakeNamed(service.name, { looks: 3 }, true);
        await using folder = await messages(service.model, 2);
        const first = await openAt(folder, fake, service.path);
        await sendAndStop(first);
        const [runId = ''] = await first.state.listRuns();

        if (fault !== undefined) fake.fail({ on: 'get', times: 99, ...fault });
        const second = await openAt(folder, { origin: fake.origin, key: OTHER }, service.path);
        const before = fake.seen('get').length;
        let asked = -1;
        const run = await second.resume(runId, {
          askConsent: () => Promise.resolve(undefined),
          onProgress: ({ notices }) => {
            if (asked < 0 && notices.some((text) => text.includes('fingerprint')))
              asked = fake.seen('get').length - before;
          },
        });
        const status = await run?.finished();
        assert.equal(asked, 0, 'it was said before anybody asked');
        assert.deepEqual([status?.state, status?.code], ['stopped', 'auth'], JSON.stringify(status));
        const [was, is] = [keyFingerprint(fake.key), keyFingerprint(OTHER)];
        assert.ok(status?.reason?.includes(was) === true && status.reason.includes(is), status?.reason);
        assert.match(status.reason, /set the key that it was sent with and resume/);
        assert.deepEqual([status.counts.submitted, fake.seen('create').length], [2, 1]);

        fake.forgive();
        const third = await openAt(folder, fake, service.path);
        const back = await third.resume(runId, { askConsent: () => Promise.resolve(undefined) });
        const ended = await back?.finished();
        assert.deepEqual([ended?.state, ended?.counts.ok], ['finished', 2], JSON.stringify(ended));
        assert.equal(fake.seen('create').length, 1, 'nothing was sent twice');
        assert.equal(ended?.notices.filter((text) => text.includes('fingerprint')).length, 1);
      });
  });
}
