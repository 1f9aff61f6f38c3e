import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Checks what was installed: the files that belong to it, and types that anyone can resolve. */
export function checkPackage(modules, name) {
  const folder = join(modules, name);
  for (const file of ['LICENSE', 'README.md', ...entries('dist'), ...entries('dist/cjs')]) {
    assert.ok(existsSync(join(folder, file)), `the package holds no ${file}`);
  }
  for (const unwanted of ['lib', 'test/unit', 'sample/01-basic/src']) {
    assert.ok(!existsSync(join(folder, unwanted)), `the package holds ${unwanted}`);
  }
  checkDeclarations(join(folder, 'dist'), typedPackages(modules, name));
}

/** A build's entry, and the types for it. */
function entries(build) {
  return [`${build}/index.js`, `${build}/index.d.ts`];
}

/** The packages an app has beside this one and that bring their types: no @types are installed. */
function typedPackages(modules, name) {
  const { dependencies, peerDependencies } = manifestOf(modules, name);
  const typed = Object.keys(dependencies).filter((each) => manifestOf(modules, each).types);
  return [...Object.keys(peerDependencies), ...typed];
}

function checkDeclarations(folder, packages) {
  for (const file of readdirSync(folder, { encoding: 'utf8', recursive: true })) {
    if (file.endsWith('.d.ts')) {
      const source = readFileSync(join(folder, file), 'utf8');
      for (const [, imported] of source.matchAll(IMPORT)) {
        assert.ok(isResolvable(imported, packages), `dist/${file} imports ${imported}`);
      }
    }
  }
}

function isResolvable(imported, packages) {
  return (
    imported.startsWith('.') ||
    imported.startsWith('node:') ||
    packages.some((name) => imported === name || imported.startsWith(`${name}/`))
  );
}

function manifestOf(modules, name) {
  return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
}
