/**
 * Builds `dist/cjs`, the library as CommonJS, beside the ES modules that `nest build` made.
 *
 * TypeScript tells the format of a file by the nearest package.json, and has no option to say
 * otherwise; with `module: commonjs` it would turn `import()` into `require()`, which loads ES
 * modules under some Nodes and tools only. So the compiler is shown a package.json in `lib/` that
 * is not there.
 */
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const MANIFEST = '{ "type": "commonjs" }\n';
const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');
const target = join(dist, 'cjs');

rmSync(target, { recursive: true, force: true });
compile();
copyTypes();
writeFileSync(join(target, 'package.json'), MANIFEST);

function compile() {
  const shown = join(root, 'lib/package.json');
  const isShown = (path) => normalize(path) === shown;
  const files = {
    fileExists: (path) => isShown(path) || ts.sys.fileExists(path),
    readFile: (path, encoding) => (isShown(path) ? MANIFEST : ts.sys.readFile(path, encoding)),
  };
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    { outDir: target, declaration: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error) => refuse([error]) },
  );
  const host = { ...ts.createCompilerHost(config.options), ...files };
  const program = ts.createProgram(config.fileNames, config.options, host);
  const { diagnostics } = program.emit();
  refuse([...config.errors, ...ts.getPreEmitDiagnostics(program), ...diagnostics]);
}

/** They say the same in both formats; made anew, they would have attributes that are new in 5.3. */
function copyTypes() {
  for (const name of readdirSync(dist, { recursive: true })) {
    if (name.endsWith('.d.ts')) cpSync(join(dist, name), join(target, name));
  }
}

function refuse(errors) {
  if (errors.length === 0) return;
  console.error(ts.formatDiagnostics(errors, ts.createCompilerHost({})));
  process.exit(1);
}
