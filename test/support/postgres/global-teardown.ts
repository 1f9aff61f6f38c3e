import { removeTempFolder } from '../temp-folder.js';
import { shared } from './global-setup.js';

export default async function teardown(): Promise<void> {
  const server = await shared.server;
  await server?.remove();
  if (shared.folder) await removeTempFolder(shared.folder);
}
