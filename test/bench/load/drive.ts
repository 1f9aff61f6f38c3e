import { Connection } from './connection.js';

/** Connections of every load that has many at a time. */
export const CONNECTIONS = 64;

/** Seconds that one sample of a rate takes. */
export const SECONDS = 1.5;

/** One piece of work on one connection, done again and again; it fails unless all went well. */
export type Work = (connection: Connection) => Promise<void>;

/** How much was done in how long. */
export interface Driven {
  readonly done: number;
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
}

/** Does the work on many connections at once until the time is over. */
export async function drive(
  ports: readonly number[],
  work: Work,
  seconds = SECONDS,
): Promise<Driven> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, client) =>
      Connection.open(ports[client % ports.length] ?? 0),
    ),
  );
  const start = performance.now();
  const deadline = start + seconds * 1000;
  let done = 0;
  const client = async (connection: Connection): Promise<void> => {
    while (performance.now() < deadline) {
      await work(connection);
      done++;
    }
  };
  try {
    await Promise.all(connections.map(client));
    return { done, seconds: (performance.now() - start) / 1000 };
  } finally {
    for (const connection of connections) connection.close();
  }
}
