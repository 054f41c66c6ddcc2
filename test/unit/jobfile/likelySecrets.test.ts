import assert from 'node:assert/strict';
import { hasSecretName, secretIn } from '../../../src/jobfile/likelySecrets.ts';

describe('Likely secrets', () => {
  it('are told by the name of their file', () => {
    for (const name of [
      '.env',
      'a/b/.env.local',
      'id_rsa',
      'keys/server.pem',
      'Signing.KEY',
      '.npmrc',
      'credentials',
      'config/secrets.yml',
      'service-account-prod.json',
      'main.tfstate',
      'prod.tfvars',
    ])
      assert.ok(hasSecretName(name), name);
  });

  it('are not seen in names that only look similar', () => {
    for (const name of [
      '.env.example',
      'environment.md',
      'id_rsa.pub',
      'keynotes.md',
      'secretary.md',
      'on-credentials.md',
      'secrets/readme.md',
      'package.json',
    ])
      assert.ok(!hasSecretName(name), name);
  });

  it('are told by what is in the text, without being repeated', () => {
    const samples: readonly (readonly [what: string, text: string])[] = [
      ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl'],
      ['an AWS access key', `key: AKIA${'Q'.repeat(16)} `],
      ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
      ['a Slack token', `xoxb-${'1234567890-'.repeat(3)}`],
      ['a Google API key', `AIza${'x'.repeat(35)}`],
      ['an API key of an AI service', `sk-ant-${'a0-'.repeat(12)}`],
      ['a token', `Bearer eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(30)}.${'c'.repeat(40)}`],
      ['a password or key', 'password: hunter2-and-more'],
      ['a password or key', '"apiKey": "0123456789abcdef"'],
    ];
    for (const [what, text] of samples) assert.equal(secretIn(`before\n${text}\nafter`), what, text);
  });

  it('are not seen in talk about them, in placeholders and in code that reads them', () => {
    for (const text of [
      'The password must have eight characters.',
      'password: ${PASSWORD}',
      'api_key = os.environ["KEY"]',
      'apiKey: process.env.OPENAI_API_KEY',
      'password: string;',
      'Set the password: yourpassword',
      'sk-learn is a library, AKIA is a prefix',
      'const token = null',
    ])
      assert.equal(secretIn(text), undefined, text);
  });

  it('are looked for in one pass: twice the text takes about twice as long', () => {
    const hostile = ['eyJ', 'password = ', '-----BEGIN A ', 'sk-', 'xoxb-', 'a'];
    for (const part of hostile) {
      const measure = (length: number): number => {
        const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
        const times = Array.from({ length: 3 }, () => {
          const begun = performance.now();
          secretIn(text);
          return performance.now() - begun;
        });
        return Math.min(...times);
      };
      const [small, large] = [measure(100_000), measure(800_000)];
      // Quadratic would be 64 times as long; a busy machine is allowed for.
      assert.ok(large < 30 * small + 50, `${part}: ${String(small)} ms, then ${String(large)} ms`);
    }
  });
});
