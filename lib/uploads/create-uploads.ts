import type { UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import { Adopter } from './actions/adopter.js';
import { Answers } from './actions/answers.js';
import { Creator } from './actions/creator.js';
import { EndedUploads } from './actions/ended-uploads.js';
import { Finisher } from './actions/finisher.js';
import { Flusher } from './actions/flusher.js';
import { GivenIds } from './actions/given-ids.js';
import { Receiver } from './actions/receiver.js';
import { Removals } from './actions/removals.js';
import { Repairs } from './actions/repairs.js';
import { Snapshots } from './actions/snapshots.js';
import { Transitions } from './actions/transitions.js';
import { Uploads } from './actions/uploads.js';
import { FileHashes } from './bodies/file-hashes.js';
import type { Leases } from './leases/leases.js';
import type { OuterPorts } from './model/outer-ports.interface.js';
import { AppendSlots } from './rules/append-slots.js';
import type { UploadRules } from './rules/upload-rules.js';

/** What the core needs from outside. */
export interface UploadPorts extends OuterPorts {
  readonly registry: UploadRegistry;
  readonly storage: UploadStorage;
  readonly leases: Leases;
  readonly rules: UploadRules;
}

/** Puts the core together; it knows no HTTP, and no implementation of what is given to it. */
export function createUploads(ports: UploadPorts): Uploads {
  const { registry, storage, leases, rules, observer, policy } = ports;
  const hashes = new FileHashes(storage, rules.hash);
  const snapshots = new Snapshots(registry, storage);
  const ended = new EndedUploads(registry, storage, leases);
  const transitions = new Transitions(registry, storage, rules, ended, observer, hashes);
  const flusher = new Flusher(registry, storage, rules, observer, hashes);
  const finisher = new Finisher(registry, storage, rules, transitions, flusher, ports, hashes);
  const repairs = new Repairs(snapshots, leases, transitions, finisher, policy);
  const removals = new Removals(registry, leases, transitions);
  const receiver = new Receiver(storage, rules, transitions, flusher, finisher, observer, hashes);
  const existing = { snapshots, repairs, removals };
  const givenIds = new GivenIds((id) => snapshots.find(id), storage, leases);
  return new Uploads({
    registry,
    leases,
    policy,
    slots: new AppendSlots(rules.maxAppends),
    hashes,
    snapshots,
    transitions,
    flusher,
    finisher,
    repairs,
    removals,
    answers: new Answers(registry, leases, finisher),
    receiver,
    creator: new Creator(
      existing,
      givenIds,
      storage,
      rules,
      leases,
      transitions,
      finisher,
      receiver,
    ),
    adopter: new Adopter(registry, storage, rules, givenIds),
  });
}
