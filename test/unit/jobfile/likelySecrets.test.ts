import assert from 'node:assert/strict';
import { hasSecretName, likelySecretsIn } from '../../../src/jobfile/likelySecrets.ts';

/** Keys are written in parts, with `~` between, so that no scanner takes this file for what it tests. */
function whole(parts: string): string {
  return parts.replaceAll('~', '');
}

const AWS_ID = whole('AK~IAQ3EGRZ7XW2LMNB4T');
const JWT = whole(
  'ey~JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey~JzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
);

describe('Likely secrets', () => {
  it('are told by the name of their file', () => {
    for (const name of [
      '.env',
      'a/b/.env.local',
      '.ENV.Production',
      'prod.env',
      '.envrc',
      'id_rsa',
      'keys/id_ed25519',
      'deploy_rsa',
      'keys/server.pem',
      'Signing.KEY',
      'a.p12',
      'a.pfx',
      'a.jks',
      'a.keystore',
      'team.kdbx',
      '.npmrc',
      '.netrc',
      '_netrc',
      '.pypirc',
      '.git-credentials',
      '.htpasswd',
      'credentials',
      'config/credentials.json',
      'config/secrets.yml',
      'secrets.json',
      'secret.toml',
      'service-account-prod.json',
      'service_account.json',
      'application_default_credentials.json',
      'main.tfstate',
      'main.tfstate.backup',
      'prod.tfvars',
      'home/.ssh/config',
      '.aws/config',
      '.kube/config',
    ])
      assert.ok(hasSecretName(name), name);
  });

  it('are not seen in names that only look similar, nor in templates', () => {
    for (const name of [
      '.env.example',
      '.env.sample',
      '.env.production.template',
      'example.env',
      'prod.tfvars.example',
      'environment.md',
      'id_rsa.pub',
      'keynotes.md',
      'monkey.md',
      'secretary.md',
      'secrets.md',
      'on-credentials.md',
      'secrets/readme.md',
      'package.json',
      'account.json',
      'ssh/notes.md',
    ])
      assert.ok(!hasSecretName(name), name);
  });

  const samples: readonly (readonly [what: string, text: string])[] = [
    ['a private key', `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXk'.repeat(4)}\n`],
    ['a private key', `"key": "-----BEGIN PRIVATE KEY-----\\n${'MIIEvQIBADANBg'.repeat(4)}\\n"`],
    [
      'a private key',
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F17\n\n${'b3BlbnNz'.repeat(8)}`,
    ],
    ['an AWS access key id', `key ${AWS_ID} `],
    ['a GitHub token', `gh~p_${'a1'.repeat(18)}`],
    ['a GitHub token', `github_~pat_${'aB'.repeat(41)}`],
    ['a GitLab token', `glp~at-${'x1-Y'.repeat(5)}`],
    ['a Slack token', `xo~xb-1234567890-1234567890-${'abc'.repeat(8)}`],
    ['a Google API key', `AI~za${'x1Y_z'.repeat(7)}`],
    ['an API key of an AI service', `sk-~ant-api03-${'a0-B'.repeat(24)}`],
    ['an API key of an AI service', `sk-~proj-${'a0_B'.repeat(20)}`],
    ['an API key of an AI service', `sk-${'a0Bc'.repeat(12)}`],
    ['a Stripe key', `sk_~live_${'a0Bc'.repeat(6)}`],
    ['an access token (JWT)', `cookie=${JWT};`],
    ['an access token', 'Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543'],
    ['a password in an address', 'postgres://app:Tr0ub4dor@db.internal:5432/app'],
    ['a password', 'password: hunter2-and-more'],
    ['a password', 'DB_PASS=h4rbour\nNEXT=1'],
    ['a password', '$passphrase = "correct horse9"'.replace(' horse', '-horse')],
    ['an API key or token', '"apiKey": "0123456789abcdef"'],
    ['an API key or token', 'AWS_SECRET_ACCESS_KEY = q7Zx/9bTn+'],
    ['an API key or token', "client_secret: 'e8a1c0d4'"],
  ];
  for (const [what, parts] of samples) {
    const text = whole(parts);
    it(`are told by what is in a text: ${what}, ${text.slice(0, 24).replaceAll('\n', ' ')}…`, () => {
      assert.deepEqual(likelySecretsIn(`before\n${text}\nafter`), [what]);
      assert.deepEqual(likelySecretsIn(Buffer.from(`before Ä\n${text}\nafter`)), [what]);
    });
  }

  it('are found in any encoding that has ASCII in it, and in UTF-16', () => {
    const text = `Schlüssel ${AWS_ID} `;
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const bytes of [Buffer.from(text, 'latin1'), little, big])
      assert.deepEqual(likelySecretsIn(bytes), ['an AWS access key id']);
  });

  it('are named once each, in every kind, and never shown', () => {
    const text = `${AWS_ID} and ${AWS_ID}, password = "hunter2-2"`;
    assert.deepEqual(likelySecretsIn(text), ['an AWS access key id', 'a password']);
  });

  it('are not looked for in what is no text', () => {
    assert.deepEqual(likelySecretsIn(Buffer.from(`\0${AWS_ID} `)), []);
    assert.deepEqual(likelySecretsIn(Buffer.from(`%PDF-1.7 ${AWS_ID} `)), []);
  });

  for (const text of [
    'The password must have eight characters.',
    'Password: see the handbook, page 12.',
    'The secret: patience. The key: a good plan2.',
    'password: ${PASSWORD1}',
    'password: "{{ vault_password1 }}"',
    'password=<your-password-1>',
    'password: ********1',
    'api_key = os.environ["KEY1"]',
    'apiKey: process.env.OPENAI_API_KEY2',
    'const token = await getToken(1);',
    'auth_token = get_token("abc1")',
    'password: string;',
    'Set the password: yourpassword1',
    'api_key: xxxxxxxxxxxxxxxx1',
    'API_KEY=changeme1',
    'secretary: Jane2Doe',
    'sk-learn is a library, AKIA is a prefix, ghp_ too',
    `AK~IAIOSFODNN7EXAMPLE`,
    '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
    '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n',
    'Authorization: Bearer YOUR_ACCESS_TOKEN_HERE_1',
    'https://example.com:8080/a@b',
    'postgres://user:password@localhost/db',
    'eyes.eyed.eyelid, a hash d41d8cd98f00b204e9800998ecf8427e',
  ]) {
    it(`are not seen in talk, placeholders and code: ${text.slice(0, 32).replaceAll('\n', ' ')}…`, () => {
      assert.deepEqual(likelySecretsIn(whole(text)), []);
    });
  }

  for (const part of [
    'eyJ',
    'password = ',
    'secret_',
    '-----BEGIN PRIVATE KEY-----',
    'xoxb-1',
    '://a:',
    'a',
  ]) {
    it(`are looked for in one pass, also in ${part}${part}…`, () => {
      const measure = (length: number): number => {
        const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
        const times = Array.from({ length: 3 }, () => {
          const begun = performance.now();
          likelySecretsIn(text);
          return performance.now() - begun;
        });
        return Math.min(...times);
      };
      const [small, large] = [measure(100_000), measure(800_000)];
      // Quadratic would be 64 times as long; a busy machine is allowed for.
      assert.ok(large < 30 * small + 50, `${String(small)} ms, then ${String(large)} ms`);
    });
  }
});
