const LOST_CONNECTION = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

/**
 * Does something on a server that may be killed meanwhile.
 *
 * @returns `undefined` when the connection was lost.
 */
export async function unlessKilled<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && LOST_CONNECTION.includes(code)) return undefined;
    throw error;
  }
}
