import type { UploadRegistry } from '../../../lib/registry/index.js';
import { describeDeliveries } from './deliveries.contract.js';
import { describeListings } from './listings.contract.js';
import { describeUploads } from './uploads.contract.js';

/** A place of its own for registries. */
export interface RegistryPlace {
  /** A further registry on what the place holds; the caller opens and closes it. */
  registry(): UploadRegistry;
  /** Removes all that was stored. */
  remove(): Promise<void>;
}

/** What one test works with. */
export interface RegistryBench {
  /** An open registry on a place of its own. */
  readonly registry: UploadRegistry;
  readonly place: RegistryPlace;
}

/** Gives every test of the surrounding `describe` an open registry that is empty. */
export function useRegistry(makePlace: () => Promise<RegistryPlace>): RegistryBench {
  let place: RegistryPlace;
  let registry: UploadRegistry;
  beforeEach(async () => {
    place = await makePlace();
    registry = place.registry();
    await registry.open();
  });
  afterEach(async () => {
    await registry.close();
    await place.remove();
  });
  return {
    get place() {
      return place;
    },
    get registry() {
      return registry;
    },
  };
}

/** What every registry promises, whatever it is made of. */
export function describeRegistry(name: string, makePlace: () => Promise<RegistryPlace>): void {
  describe(name, () => {
    describeUploads(useRegistry(makePlace));
    describeListings(useRegistry(makePlace));
    describeDeliveries(useRegistry(makePlace));
  });
}
