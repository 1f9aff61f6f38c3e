import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { ROOT, type Block, type Page } from './pages.js';

/** Where the blocks are said to be; nothing is written there. */
const FOLDER = join(ROOT, '.pages');

/** The tsconfig.json of a new app of Nest 12, and what its developer may add to make it stricter. */
const TEMPLATE = join(ROOT, 'test/smoke/nest-12/tsconfig.json');
const STRICTER: ts.CompilerOptions = {
  verbatimModuleSyntax: true,
  strictPropertyInitialization: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  types: ['node', 'jest'],
};

/** What is imported is parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What comes out of it, and where, is nothing to a check. */
const CHECK_ONLY: ts.CompilerOptions = {
  noEmit: true,
  incremental: false,
  declaration: false,
  rootDir: undefined,
  outDir: undefined,
};

/** What is wrong with a block, as the compiler says it. */
export interface Fault {
  readonly block: Block;
  readonly message: string;
}

/**
 * Compiles all TypeScript of some pages: the blocks of a page are files of one folder, and import each
 * other by the names that their first lines give them.
 */
export function compileBlocks(pages: readonly Page[]): Fault[] {
  const files = new Map(pages.flatMap(filesOf));
  const options = { ...templateOptions(), ...STRICTER, paths: ownPaths() };
  const program = ts.createProgram([...files.keys()], options, hostOf(files, options));
  return [...files].flatMap(([path, block]) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found.map((one) => ({ block, message: describe(one) }));
  });
}

/** What the parser says of a block of JavaScript. */
export function parseScript({ code }: Block): string[] {
  const { diagnostics = [] } = ts.transpileModule(code, {
    fileName: 'block.js',
    reportDiagnostics: true,
    compilerOptions: {
      allowJs: true,
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ESNext,
    },
  });
  return diagnostics.map(describe);
}

/** A file of the sample is where it is, among the others. */
function filesOf({ path, folder, blocks }: Page): [string, Block][] {
  const own = join(FOLDER, path.replace(/\.md$/, ''));
  return blocks
    .filter(({ language }) => language === 'ts')
    .map((block, index) => {
      const name = block.name ?? `block-${index}.ts`;
      const sample = join(ROOT, folder, name);
      return [existsSync(sample) ? sample : join(own, name), block];
    });
}

function templateOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(TEMPLATE, (path) => readFileSync(path, 'utf8')) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  const { options, errors } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  if (errors.length > 0) throw new Error(errors.map(describe).join('\n'));
  return { ...options, ...CHECK_ONLY };
}

/** Finds the package's entries, as its `exports` name them, in the sources. */
function ownPaths(): Record<string, string[]> {
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { import: { default: string } }>;
  };
  const entries = Object.entries(exports).flatMap(([entry, target]) => {
    if (typeof target === 'string') return [];
    const source = target.import.default.replace(/^\.\/dist\//, 'lib/').replace(/\.js$/, '.ts');
    return [[join(name, entry).replace(/\/$/, ''), [join(ROOT, source)]]];
  });
  return Object.fromEntries(entries) as Record<string, string[]>;
}

function hostOf(files: ReadonlyMap<string, Block>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists } = host;
  const blockAt = (path: string) => files.get(resolve(path));
  const isFolder = (path: string) =>
    [...files.keys()].some((file) => file.startsWith(resolve(path) + '/'));
  host.fileExists = (path) => blockAt(path) !== undefined || fileExists(path);
  host.readFile = (path) => blockAt(path)?.code ?? readFile(path);
  host.directoryExists = (path) => isFolder(path) || (directoryExists?.(path) ?? true);
  const { getSourceFile } = host;
  host.getSourceFile = (path, target) => {
    const text = blockAt(path)?.code;
    if (text !== undefined) return ts.createSourceFile(path, text, target);
    if (!parsed.has(path)) parsed.set(path, getSourceFile(path, target));
    return parsed.get(path);
  };
  return host;
}

function describe({ messageText, file, start }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (!file || start === undefined) return message;
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `line ${line + 1} of the block: ${message}`;
}
