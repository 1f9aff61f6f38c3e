import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** Connects with a server, by its socket or by TCP, as its URL says. */
export function connectTo({ searchParams, hostname, port }: URL): Socket {
  const folder = searchParams.get('host');
  return folder ? connect(join(folder, '.s.PGSQL.5432')) : connect(Number(port || 5432), hostname);
}

/** The URL of the same database by way of a proxy. */
export function urlThrough(proxy: Server, target: URL): string {
  const { port } = proxy.address() as AddressInfo;
  const url = new URL(target);
  url.searchParams.delete('host');
  return url.href.replace(/@[^/]*\//, `@127.0.0.1:${port}/`);
}

/** The start of a session (PostgreSQL, §Message Formats, StartupMessage). */
export function startMessage(user: string, database: string): Buffer {
  const parameters = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, parameters]);
}
