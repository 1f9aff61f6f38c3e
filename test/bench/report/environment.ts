import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeMachine } from '../../support/machine.js';
import { findTusd } from '../servers/tusd.js';

const PACKAGES = [
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  'express',
  'fastify',
  'lmdb',
  '@tus/server',
  '@tus/file-store',
  '@tus/s3-store',
  '@aws-sdk/client-s3',
];

const root = new URL('../../../../', import.meta.url);

/** What the figures were measured on. */
export interface Environment {
  /** Day, as `2026-01-31`. */
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

export async function describeEnvironment(): Promise<Environment> {
  const own = await versionIn('package.json');
  const entries = PACKAGES.map(
    async (name) => [name, await versionIn(`node_modules/${name}/package.json`)] as const,
  );
  const tusd = await tusdVersion();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    versions: {
      'nestjs-tus': own,
      Node: process.versions.node,
      ...Object.fromEntries(await Promise.all(entries)),
      ...(tusd !== undefined && { tusd }),
    },
  };
}

async function versionIn(path: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(path, root), 'utf8')) as {
    version: string;
  };
  return version;
}

async function tusdVersion(): Promise<string | undefined> {
  const path = await findTusd();
  if (path === undefined) return undefined;
  const { stdout } = await promisify(execFile)(path, ['-version']);
  return /^Version: (.*)$/m.exec(stdout)?.[1] ?? 'unknown';
}
