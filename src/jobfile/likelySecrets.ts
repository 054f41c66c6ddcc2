import { looksBinary } from './sniff.ts';

/*
 * Files and texts that likely hold secrets. This is a warning sign, not a proof: a secret that looks like any other word
 * is not found, nor one in a PDF, in an archive, or behind the first `MAX_SCANNED` bytes of a file.
 */

/** Bytes of one input that are searched; every pattern below takes time in proportion to them. */
const MAX_SCANNED = 16_000_000;
const SNIFFED = 8192;

/**
 * Names of files that exist to hold secrets: the unambiguous part of gitrob's `signatures.json`, the `pkcs12-file` rule
 * of gitleaks, and what tools of today write (Terraform, Google Cloud, Kubernetes, password managers).
 */
const SECRET_NAMES: readonly RegExp[] = [
  /^\.env(?:rc|\..+)?$|\.env$/,
  /_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /\.(?:pem|key|keypair|ppk|p8|p12|pfx|pkcs12|jks|jceks|keystore|keyring|keychain|kdbx?|kwallet|ovpn)$/,
  /\.(?:tfstate(?:\.backup)?|tfvars(?:\.json)?)$/,
  /^[._]?(?:npmrc|netrc|pypirc|pgpass|my\.cnf|s3cfg|boto|dockercfg|htpasswd|git-credentials|vault-token)$/,
  /^\.(?:bash|zsh|mysql|psql|python|node_repl|rediscli|sqlite)_history$/,
  /^credentials(?:\.(?:json|ya?ml|toml|ini|xml|csv))?$|\.credentials$/,
  /^(?:application_default_credentials|client_secrets?.*|service[-_]?account.*|.*firebase-adminsdk.*)\.json$/,
  /^secrets?\.(?:json|jsonc|ya?ml|toml|ini|properties|txt)$|^secret_token\.rb$/,
  /^(?:kubeconfig|proftpdpasswd|otr\.private_key|filezilla\.xml|recentservers\.xml|sitemanager\.xml)$/,
];

/** Folders in which programs keep their secrets. */
const SECRET_FOLDERS = /(?:^|\/)\.(?:ssh|gnupg|aws|azure|gcloud|kube|docker|password-store)\//;

/** Meant to be filled in: no secrets yet. */
const TEMPLATE_NAMES =
  /^(?:example|sample|template)\.|\.(?:example|sample|template|tmpl|dist|defaults)(?:\.|$)/;

/** Whether a file's name says that it holds secrets. @param path With `/`, in any case of letters. */
export function hasSecretName(path: string): boolean {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (TEMPLATE_NAMES.test(name)) return false;
  return SECRET_FOLDERS.test(lower) || SECRET_NAMES.some((pattern) => pattern.test(name));
}

interface Rule {
  /** What is found, as it is told to a person. */
  readonly what: string;
  /** Repetitions are bounded and do not overlap, so that no text makes a search slow. */
  readonly pattern: RegExp;
  /** Whether the first group that matched must look like a value that somebody chose, not like a word of a manual. */
  readonly value?: true;
}

/**
 * The formats of keys follow gitleaks (`config/gitleaks.toml`: private-key, aws-access-token, github-pat, slack-bot-token,
 * gcp-api-key, anthropic-api-key, openai-api-key, stripe-access-token, jwt), the assignments detect-secrets (its plugins
 * `keyword.py` and `basic_auth.py`), the second with a stricter look at the value.
 */
const RULES: readonly Rule[] = [
  {
    what: 'a private key',
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]{1,400}?[A-Za-z0-9+/]{40}/g,
  },
  {
    what: 'an AWS access key id',
    pattern: /\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?<!EXAMPLE)\b/g,
  },
  { what: 'a GitHub token', pattern: /\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_\w{82})\b/g },
  { what: 'a GitLab token', pattern: /\bgl(?:pat|ptt|rt|dt)-[\w-]{20}/g },
  {
    what: 'a Slack token',
    pattern:
      /\bxox[abeoprs]-\d{8,14}-[\w-]{10}|\bxapp-\d-[A-Z0-9]{6,20}-\d{6,20}-[a-f0-9]{20}|hooks\.slack\.com\/services\/T\w{6,14}\/B\w{6,14}\/\w{20}/g,
  },
  { what: 'a Google API key', pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  {
    what: 'an API key of an AI service',
    pattern: /\bsk-(?:ant-(?:api|admin)\d\d-[\w-]{80}|(?:proj|svcacct|admin)-[\w-]{40}|[A-Za-z0-9]{48}\b)/g,
  },
  { what: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{20}/g },
  {
    what: 'an access token (JWT)',
    pattern: /\bey[A-Za-z0-9]{17,1000}\.ey[\w-]{17,4000}\.[\w-]{10}/g,
  },
  { what: 'an access token', pattern: /\bBearer[ \t]{1,4}([\w.~+/-]{20,200})/g, value: true },
  {
    what: 'a password in an address',
    pattern: /:\/\/[^\s:@/"'<>]{1,100}:([^\s:@/"'<>]{3,100})@/g,
    value: true,
  },
  { what: 'a password', pattern: assignment('pass(?:word|wd|phrase)|pwd|db[_-]?pass'), value: true },
  {
    what: 'an API key or token',
    pattern: assignment(
      '(?:api|access|auth|account|app|client|encryption|private|secret|service|signing)[_-]?key|(?:client|app)?[_-]?secret|(?:access|api|auth|bearer|refresh)[_-]?token',
    ),
    value: true,
  },
];

/** A name, then `=`, `:`, `:=` or `=>`, then a value in quotes or without a space. */
function assignment(names: string): RegExp {
  const value = `"([^"\\r\\n]{6,200})"|'([^'\\r\\n]{6,200})'|([^\\s"',;]{6,200})`;
  return new RegExp(
    `(?:${names})(?:[_-]\\w{1,30})?["'\\]]{0,2}[ \\t]{0,4}(?::=|=>|=|:)[ \\t]{0,4}(?:${value})`,
    'gi',
  );
}

/** Values of manuals and templates, references to where the value is, and text. */
const NO_VALUE =
  /[\s(){}<>[\]]|\$\w|^[$%&@]|\*{3}|\.{3}|x{4}|(?:process|import\.meta|os)\.env|env[.:]|change|chosen|dummy|example|fake|insert|none|null|password|placeholder|redacted|replace|sample|secret|string|todo|undefined|your/i;

function looksChosen(value: string): boolean {
  const bare = value.replace(/[.,;:!?]{1,3}$/, '');
  return (
    bare.length >= 6 &&
    !NO_VALUE.test(bare) &&
    /[a-z]/i.test(bare) &&
    /[\d!#%&*+=?@^~]/.test(bare) &&
    new Set(bare).size >= 5
  );
}

/**
 * What secrets a text likely holds: names of kinds, such as "a private key", each once, never the secret itself.
 * @param content A file's bytes in any encoding that has ASCII in it, or UTF-16 with its mark; or a text.
 * @returns Nothing for bytes that are no text.
 */
export function likelySecretsIn(content: string | Uint8Array): readonly string[] {
  const text = typeof content === 'string' ? content.slice(0, MAX_SCANNED) : textOf(content);
  if (text === undefined) return [];
  return RULES.filter((rule) => matches(rule, text)).map(({ what }) => what);
}

function matches({ pattern, value }: Rule, text: string): boolean {
  if (value === undefined) return text.search(pattern) >= 0;
  for (const [, ...groups] of text.matchAll(pattern)) {
    if (looksChosen(groups.find((group?: string) => group !== undefined) ?? '')) return true;
  }
  return false;
}

/** Secrets are ASCII, so that one byte can stand for one character whatever the encoding is. */
function textOf(bytes: Uint8Array): string | undefined {
  if (looksBinary(bytes.subarray(0, SNIFFED))) return undefined;
  const scanned = bytes.subarray(0, MAX_SCANNED);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(scanned);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(scanned);
  return Buffer.from(scanned.buffer, scanned.byteOffset, scanned.byteLength).toString('latin1');
}
