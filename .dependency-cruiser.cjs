/** Layers as in eslint.config.js, seen from the graph: what is imported indirectly or dynamically counts too. */
const only = (layer, allowed) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `src/${layer} may import ${['itself', ...allowed.map((other) => `src/${other}`)].join(', ')} only.`,
  from: { path: `^src/${layer}/` },
  to: { path: '^(?:src|test|scripts)/', pathNot: `^src/(?:${[layer, ...allowed].join('|')})/` },
});

const HEADLESS = ['core', 'state', 'jobfile', 'providers', 'workspace'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only('core', []),
    only('state', ['core']),
    only('jobfile', ['core']),
    only('providers', ['core']),
    only('workspace', ['core', 'state', 'jobfile', 'providers']),
    only('testing', HEADLESS),
    only('cli', ['core', 'workspace']),
    only('protocol', ['core']),
    only('host', ['core', 'workspace', 'protocol']),
    only('webview', ['protocol']),
    {
      name: 'entries-are-headless',
      severity: 'error',
      comment: 'The library entries re-export headless layers only.',
      from: { path: '^src/(?:index|testing)\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(?:${[...HEADLESS, 'testing'].join('|')})/` },
    },
    {
      name: 'vscode-in-the-host-only',
      severity: 'error',
      comment: 'Only src/host and src/extension.ts talk to VS Code.',
      from: { path: '^src/', pathNot: '^src/(?:host/|extension\\.ts$)' },
      to: { path: '(?:^|/)vscode(?:$|/)' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two modules that need each other are one, or need a third.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-test',
      severity: 'error',
      comment: 'What ships imports nothing from tests or scripts.',
      from: { path: '^src/' },
      to: { path: '^(?:test|scripts)/' },
    },
    {
      name: 'no-unlisted-dependency',
      severity: 'error',
      comment: 'Add the package to package.json.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: '^vscode$' },
    },
    {
      name: 'not-unresolvable',
      severity: 'error',
      comment: 'The module does not exist.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^vscode$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|coverage|\\.vscode-test)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
