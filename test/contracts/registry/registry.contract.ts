import type { Fence } from '../../../lib/errors/index.js';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import { describeDeliveries } from './deliveries.contract.js';
import { describeFences } from './fences.contract.js';
import { describeListings } from './listings.contract.js';
import { describeUploads } from './uploads.contract.js';
import { describeUsage } from './usage.contract.js';

/** A place of its own for registries. */
export interface RegistryPlace {
  /**
   * A further registry on what the place holds; the caller opens and closes it.
   *
   * @param fence knows what this registry's process has lost; nothing unless given
   */
  registry(fence?: Fence): UploadRegistry;
  /** Removes all that was stored. */
  remove(): Promise<void>;
}

/** What one test works with. */
export interface RegistryBench {
  /** An open registry on a place of its own. */
  readonly registry: UploadRegistry;
  readonly place: RegistryPlace;
  /** A further registry on that place, open as long as the test runs. */
  another(fence?: Fence): Promise<UploadRegistry>;
}

/** Gives every test of the surrounding `describe` an open registry that is empty. */
export function useRegistry(makePlace: () => Promise<RegistryPlace>): RegistryBench {
  let place: RegistryPlace;
  let registry: UploadRegistry;
  let others: UploadRegistry[];
  beforeEach(async () => {
    place = await makePlace();
    registry = place.registry();
    others = [];
    await registry.open();
  });
  afterEach(async () => {
    for (const each of [registry, ...others]) await each.close();
    await place.remove();
  });
  return {
    get place() {
      return place;
    },
    get registry() {
      return registry;
    },
    async another(fence) {
      const other = place.registry(fence);
      others.push(other);
      await other.open();
      return other;
    },
  };
}

/** What every registry promises, whatever it is made of. */
export function describeRegistry(name: string, makePlace: () => Promise<RegistryPlace>): void {
  describe(name, () => {
    describeUploads(useRegistry(makePlace));
    describeUsage(useRegistry(makePlace));
    describeListings(useRegistry(makePlace));
    describeDeliveries(useRegistry(makePlace));
    describeFences(useRegistry(makePlace));
  });
}
