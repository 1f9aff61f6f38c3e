import type { Server } from 'node:http';
import type { TestApp } from './test-app.js';

/** How many connections the server of an app has. */
export function connectionsOf({ nest }: Pick<TestApp, 'nest'>): Promise<number> {
  const server = nest.getHttpServer() as Server;
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
