import { MemoryPlace, MemoryRegistry } from '../../support/memory.registry.js';
import { describeRegistry } from './registry.contract.js';

describeRegistry('the registry in memory', async () => {
  const place = new MemoryPlace();
  return { registry: (fence) => new MemoryRegistry(place, fence), remove: async () => undefined };
});
