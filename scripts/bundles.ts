import { glob } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, '..');

/** Where everything that ships is built. */
export const DIST = path.join(ROOT, 'dist');

/**
 * Third-party libraries that are loaded when they are first needed. Each becomes one file of its own that holds nothing
 * of ours, shared by the extension, the command line and the library; source imports them with `await import('…')` only.
 */
export const LAZY_LIBRARIES: Readonly<Record<string, string>> = {
  unpdf: 'lazy/unpdf.mjs',
  'ajv/dist/2020.js': 'lazy/ajv.mjs',
  '@anthropic-ai/sdk': 'lazy/anthropic.mjs',
  openai: 'lazy/openai.mjs',
  '@google/genai': 'lazy/genai.mjs',
};

/** The modules of src/workspace as one file, which the extension loads when it first needs one of them. */
const ENGINE_FILE = 'engine.cjs';

// A CommonJS library inside an ESM bundle asks for Node's own modules with `require`.
const REQUIRE_BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

const BUNDLE_URL = "const bundleUrl = require('node:url').pathToFileURL(__filename).href;";

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node22',
  // jsonc-parser's UMD file, which `main` names, loads its parts in a way that no bundler can follow.
  mainFields: ['module', 'main'],
  metafile: true,
  logLevel: 'warning',
  charset: 'utf8',
} satisfies BuildOptions;

/** Loads in VS Code and in a terminal: small and quick to parse, with names that a stack trace can show. */
const PROGRAM = {
  ...COMMON,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  // CommonJS has no import.meta; the banner gives it one.
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: BUNDLE_URL },
} satisfies BuildOptions;

/** Builds every bundle of `dist/` and returns what went into each. */
export async function buildBundles(): Promise<Metafile> {
  const results = await Promise.all([
    build({
      ...PROGRAM,
      outdir: DIST,
      entryPoints: { extension: 'src/extension.ts' },
      external: ['vscode'],
      plugins: [lazyEngine(), lazyLibraries(['vscode'])],
    }),
    buildEngine(),
    build({
      ...PROGRAM,
      outdir: DIST,
      entryPoints: { resultsWorker: 'src/workspace/results/resultsWorker.ts' },
      plugins: [lazyLibraries([])],
    }),
    build({
      ...PROGRAM,
      outdir: DIST,
      entryPoints: { cli: 'src/cli/main.ts' },
      banner: { js: `#!/usr/bin/env node\n${BUNDLE_URL}` },
      plugins: [lazyLibraries([])],
    }),
    build({
      ...COMMON,
      outdir: DIST,
      // One build, so that both entries share classes and constants.
      entryPoints: { index: 'src/index.ts', testing: 'src/testing.ts' },
      format: 'esm',
      splitting: true,
      // Beside the entries, so that `./lazy/` means the same folder everywhere.
      chunkNames: 'part-[name]-[hash]',
      banner: { js: REQUIRE_BANNER },
      external: ['zod'],
      plugins: [lazyLibraries(['zod'])],
    }),
    buildPages(),
    ...Object.entries(LAZY_LIBRARIES).map(([library, file]) => buildLazyLibrary(library, file)),
  ]);
  return results.reduce<Metafile>(
    (all, { metafile }) => ({
      inputs: { ...all.inputs, ...metafile.inputs },
      outputs: { ...all.outputs, ...metafile.outputs },
    }),
    { inputs: {}, outputs: {} },
  );
}

/**
 * Bundles every module of the headless layers with nothing left outside, as a check of the layering. Nothing is written.
 *
 * @returns The code, and the number of our modules in it.
 * @throws Error of the bundler when a layer needs a module that is not there, such as `vscode`.
 */
export async function bundleHeadlessLayers(): Promise<{ code: string; modules: number }> {
  const files = await Array.fromAsync(glob('src/{core,state,jobfile}/**/*.ts', { cwd: ROOT }));
  const { outputFiles, metafile } = await build({
    ...COMMON,
    stdin: { contents: files.map((file) => `import './${file}';`).join('\n'), resolveDir: ROOT },
    format: 'esm',
    treeShaking: false,
    write: false,
  });
  const modules = Object.keys(metafile.inputs).filter((input) => input.startsWith('src/')).length;
  return { code: outputFiles.map(({ text }) => text).join('\n'), modules };
}

/** One library as an ES module that exports exactly what Node sees when it imports the library itself. */
async function buildLazyLibrary(library: string, file: string): Promise<{ metafile: Metafile }> {
  const names = Object.keys((await import(library)) as object).filter((name) => /^[\w$]+$/.test(name));
  return build({
    ...COMMON,
    stdin: {
      contents: `export { ${names.filter((name) => name !== '__esModule').join(', ')} } from '${library}';`,
      resolveDir: ROOT,
      // By its ending esbuild knows that a CommonJS library's default export is all of `module.exports`, as in Node.
      sourcefile: 'lazy.mjs',
    },
    outfile: path.join(DIST, file),
    format: 'esm',
    minify: true,
    // In VS Code's extension host the global is a getter that logs an error and that nothing can be assigned to.
    plugins: [withoutWebhooks],
    define: { 'globalThis.navigator': 'ownNavigator', navigator: 'ownNavigator' },
    banner: { js: `${REQUIRE_BANNER} let ownNavigator = { platform: '', userAgent: '' };` },
  });
}

async function buildEngine(): Promise<{ metafile: Metafile }> {
  const files = (await Array.fromAsync(glob('src/workspace/*.ts', { cwd: ROOT }))).sort();
  return build({
    ...PROGRAM,
    stdin: { contents: files.map((file) => `export * from './${file}';`).join('\n'), resolveDir: ROOT },
    outfile: path.join(DIST, ENGINE_FILE),
    plugins: [lazyLibraries([])],
  });
}

/**
 * The pages of the extension, NAME/NAME.ts and NAME/NAME.css: one script and one style sheet each, and the icons. What a
 * page does not need to be drawn stands in NAME/later/PART.ts, a file of its own that the page imports when it is there.
 */
async function buildPages(): Promise<{ metafile: Metafile }> {
  const files = await Array.fromAsync(glob('src/webview/*/*.{ts,css}', { cwd: ROOT }));
  const entryPoints = files.filter((file) => path.parse(file).name === path.basename(path.dirname(file)));
  const later = await Array.fromAsync(glob('src/webview/*/later/*.ts', { cwd: ROOT }));
  const [pages, parts] = await Promise.all([
    buildForPages(entryPoints.sort(), 'iife', [laterParts]),
    buildForPages(later.sort(), 'esm', []),
  ]);
  return {
    metafile: {
      inputs: { ...pages.metafile.inputs, ...parts.metafile.inputs },
      outputs: { ...pages.metafile.outputs, ...parts.metafile.outputs },
    },
  };
}

async function buildForPages(
  entryPoints: string[],
  format: 'iife' | 'esm',
  plugins: Plugin[],
): Promise<{ metafile: Metafile }> {
  return build({
    entryPoints,
    format,
    plugins,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    minify: true,
    metafile: true,
    logLevel: 'warning',
    charset: 'utf8',
    entryNames: '[name]',
    assetNames: '[name]',
    loader: { '.ttf': 'file' },
    outdir: path.join(DIST, 'webview'),
  });
}

/** Points a page at its later parts, beside its own file, and refuses to bundle any of them into it. */
const laterParts: Plugin = {
  name: 'later-parts',
  setup(bundler) {
    bundler.onResolve({ filter: /\/later\/\w+\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import'
        ? { path: `./${path.parse(file).name}.js`, external: true }
        : { errors: [{ text: `Load ${file} with await import(): it is a later part.` }] },
    );
  },
};

/** Points dynamic imports of the workspace layer at the engine's file, and refuses to bundle any of it here. */
function lazyEngine(): Plugin {
  return {
    name: 'lazy-engine',
    setup(bundler) {
      bundler.onResolve({ filter: /\/workspace\/\w+\.ts$/ }, ({ path: file, kind }) =>
        kind === 'dynamic-import'
          ? { path: `./${ENGINE_FILE}`, external: true }
          : { errors: [{ text: `Load ${file} with await import(): it belongs to the engine.` }] },
      );
    },
  };
}

/** A program on a person's machine receives no webhooks, and the library for them brings one that is under no licence. */
const withoutWebhooks: Plugin = {
  name: 'without-webhooks',
  setup(bundler) {
    bundler.onResolve({ filter: /^standardwebhooks$/ }, () => ({ path: 'webhooks', namespace: 'left-out' }));
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents:
        "export class Webhook { constructor() { throw new Error('Webhooks are left out of this bundle.'); } }",
    }));
  },
};

/** Points dynamic imports of the lazy libraries at their own files, and refuses every other way to import them. */
function lazyLibraries(externals: readonly string[]): Plugin {
  return {
    name: 'lazy-libraries',
    setup(bundler) {
      bundler.onResolve({ filter: /^[^./]/ }, ({ path: library, kind }) => {
        if (kind === 'entry-point' || library.startsWith('node:') || builtinModules.includes(library))
          return null;
        const file = LAZY_LIBRARIES[library];
        if (kind === 'dynamic-import') {
          if (file !== undefined) return { path: `./${file}`, external: true };
          if (externals.includes(library)) return null;
          return { errors: [{ text: `Add '${library}' to LAZY_LIBRARIES, or import it statically.` }] };
        }
        if (file !== undefined)
          return { errors: [{ text: `Load '${library}' with await import(): it is a lazy library.` }] };
        return null;
      });
    },
  };
}
