import { open, type FileHandle } from 'node:fs/promises';

/** What the handles of Yarn's Plug'n'Play refuse (`@yarnpkg/fslib` 3.1, `FileHandle`). */
const MISSING = ['datasync', 'readv', 'sync', 'utimes'] as const;

type Method = (typeof MISSING)[number];

/** Takes from file handles, for the tests of the surrounding `describe`, what Yarn's do not have. */
export function patchHandles(): void {
  let prototype: FileHandle;
  const methods = new Map<Method, PropertyDescriptor>();
  beforeAll(async () => {
    prototype = await prototypeOfHandles();
    for (const name of MISSING) {
      methods.set(name, Object.getOwnPropertyDescriptor(prototype, name)!);
      Object.defineProperty(prototype, name, { configurable: true, value: refuse });
    }
  });
  afterAll(() => {
    for (const [name, method] of methods) Object.defineProperty(prototype, name, method);
  });
}

async function prototypeOfHandles(): Promise<FileHandle> {
  const handle = await open('.', 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

function refuse(): never {
  throw new Error('Method not implemented.');
}
