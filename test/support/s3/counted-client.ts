import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { storeConfig } from './store.js';

/** A client that notes what it asks of the store. */
export interface CountedClient {
  readonly client: S3Client;
  /** Names of the commands, in order. */
  readonly asked: string[];
}

export function makeCountedClient(changes: S3ClientConfig = {}): CountedClient {
  const client = new S3Client(storeConfig(changes));
  const asked: string[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      asked.push(String(context.commandName).replace(/Command$/, ''));
      return next(args);
    },
    // After the retries, so that each attempt counts.
    { step: 'finalizeRequest', priority: 'low' },
  );
  return { client, asked };
}
