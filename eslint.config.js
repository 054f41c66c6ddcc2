import path from 'node:path';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What each layer may import, besides itself and third parties. Everything else is an error with the sentence beside it. */
const LAYERS = {
  core: {
    may: [],
    instead:
      'The core knows only its own ports: declare what it needs as an interface in src/core and pass it in.',
  },
  state: { may: ['core'], instead: 'State implements ports of the core: take what you need from src/core.' },
  jobfile: {
    may: ['core'],
    instead: 'Job files know the core only: compose with other layers in src/workspace.',
  },
  providers: {
    may: ['core'],
    instead: 'Providers implement ports of the core: take what you need from src/core.',
  },
  workspace: {
    may: ['core', 'state', 'jobfile', 'providers'],
    instead: 'The workspace layer composes headless layers: let the command line and the host call it.',
  },
  testing: {
    may: ['core', 'state', 'jobfile', 'providers', 'workspace'],
    instead: 'Test doubles are headless: build them on ports of src/core.',
  },
  cli: {
    may: ['core', 'workspace'],
    instead: 'The command line opens runs through src/workspace; add there what is missing.',
  },
  protocol: {
    may: ['core'],
    instead: 'Messages are data: let the host translate between other layers and src/protocol.',
  },
  host: {
    may: ['core', 'workspace', 'protocol'],
    instead: 'The host opens runs through src/workspace; add there what is missing.',
  },
  webview: {
    may: ['protocol'],
    instead: 'A page knows src/protocol only: ask the host by a message.',
  },
};

const DOM_GLOBALS = [
  ...['window', 'document', 'navigator', 'location', 'history', 'localStorage', 'sessionStorage'],
  ...[
    'HTMLElement',
    'MutationObserver',
    'ResizeObserver',
    'requestAnimationFrame',
    'getComputedStyle',
    'alert',
    'acquireVsCodeApi',
  ],
];

const NO_VSCODE = {
  name: 'vscode',
  message:
    'Only src/host and src/extension.ts talk to VS Code: put the part that needs it there and pass values in.',
};

const SYNTAX = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: a default export is called something else in every file.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'Use a union of string literals: it means the same on a wire, on a disk and in a debugger.',
  },
];

const NO_CREATE_BATCH = {
  selector: 'CallExpression:matches([callee.property.name="createBatch"], [callee.name="createBatch"])',
  message:
    'A batch is created only by src/core/submission.ts, after its money is reserved and its intent is on disk: use the executor.',
};

const NO_BARE_DATE = {
  selector: ':matches(NewExpression, CallExpression)[callee.name="Date"][arguments.length=0]',
  message: 'Time is injected: take a Clock (src/core/clock.ts).',
};

/** What the host shows goes through `l10n.t`, with the English text in the call: the strings are exported from there. */
const LOCALISABLE = [
  'CallExpression[callee.name=/^show(Information|Warning|Error)$/] > :matches(Literal[value=/[a-z]/], TemplateLiteral)',
  'Property[key.name=/^(title|prompt|placeHolder|detail|label|tooltip)$/] > Literal[value=/[a-z]/]',
  'NewExpression[callee.name="TreeItem"] > Literal.arguments:first-child',
].map((selector) => ({ selector, message: "Show it with l10n.t('…'), so that it can be translated." }));

const L10N_LITERAL = {
  selector:
    'CallExpression[callee.object.name="l10n"][callee.property.name="t"] > :not(Literal).arguments:first-child',
  message:
    'l10n.t takes the English text as a literal: the strings for translators are exported from the source.',
};

const TIME_GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'performance'];

const fileNames = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { name: 'Name the file in camelCase after its main export.' },
  },
  create: (context) => ({
    Program(node) {
      const name = path.basename(context.filename).replace(/(\.(test|config))?\.[a-z]+$/, '');
      if (!/^\.?[a-z][a-zA-Z0-9]*$/.test(name)) context.report({ node, messageId: 'name' });
    },
  }),
};

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.vscode-test/',
    'examples/',
    'test/fixtures/',
    '.dependency-cruiser.cjs',
  ]),
  tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { batchbook: { rules: { 'file-names': fileNames } } },
    rules: {
      'batchbook/file-names': 'error',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-constant-binary-expression': 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-restricted-syntax': ['error', ...SYNTAX],
      'no-restricted-globals': ['error', ...domGlobals()],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Spreading a string into its code points is what is meant here.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**'],
    rules: { 'no-restricted-syntax': ['error', ...SYNTAX, NO_CREATE_BATCH] },
  },
  ...Object.entries(LAYERS).map(([layer, { may, instead }]) => ({
    files: [`src/${layer}/**`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', importsOf(layer, may, instead)] },
  })),
  {
    files: ['src/core/**'],
    ignores: ['src/core/clock.ts', 'src/core/ids.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...SYNTAX, NO_CREATE_BATCH, NO_BARE_DATE],
      'no-restricted-globals': [
        'error',
        ...domGlobals(),
        ...TIME_GLOBALS.map((name) => ({ name, message: NO_BARE_DATE.message })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: NO_BARE_DATE.message },
        {
          object: 'Math',
          property: 'random',
          message: 'Chance is injected: take RandomBytes (src/core/ids.ts) or a function.',
        },
      ],
    },
  },
  {
    files: ['src/host/**'],
    rules: { 'no-restricted-syntax': ['error', ...SYNTAX, NO_CREATE_BATCH, ...LOCALISABLE, L10N_LITERAL] },
  },
  {
    files: ['src/host/**'],
    ignores: ['src/host/notify.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['showInformationMessage', 'showWarningMessage', 'showErrorMessage', 'withProgress'].map(
          (property) => ({
            object: 'window',
            property,
            message: 'Use src/host/notify.ts: a raw text may hold links that run commands.',
          }),
        ),
      ],
    },
  },
  {
    files: ['src/core/submission.ts'],
    rules: { 'no-restricted-syntax': ['error', ...SYNTAX, NO_BARE_DATE] },
  },
  {
    files: ['src/webview/**'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-syntax': ['error', ...SYNTAX, NO_CREATE_BATCH, L10N_LITERAL],
    },
  },
  { files: ['src/cli/**', 'scripts/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**'],
    rules: {
      // `describe` and `it` of some runners return promises, and assertions on them are awaited by the runner.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['describe', 'it'], package: 'mocha' }] },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['*.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
);

function importsOf(layer, may, instead) {
  const others = Object.keys(LAYERS).filter((other) => other !== layer && !may.includes(other));
  return {
    paths: layer === 'host' ? [] : [NO_VSCODE],
    patterns: [
      { regex: `^\\.\\./(?:\\.\\./)*(?:${others.join('|')})/`, message: instead },
      {
        regex: '^(?:\\.\\./)+(?:extension|index|testing)\\.ts$',
        message: 'An entry is imported by nobody: import the module that it takes the name from.',
      },
      { regex: '(?:^|/)test/', message: 'What ships imports nothing from tests: move it to src/testing.' },
    ],
  };
}

function domGlobals() {
  return DOM_GLOBALS.map((name) => ({
    name,
    message: 'Only src/webview has a page: send it a message of src/protocol.',
  }));
}
