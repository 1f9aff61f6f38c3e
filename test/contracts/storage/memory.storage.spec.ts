import { describeStorage } from './storage.contract.js';
import { MemoryStorage } from '../../support/memory.storage.js';

describeStorage('a storage in memory', async () => {
  const shared = new Map<string, unknown>();
  return {
    storage: (records) => new MemoryStorage(records, shared),
    remove: async () => shared.clear(),
  };
});
