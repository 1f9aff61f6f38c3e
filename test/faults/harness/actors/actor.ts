import type { KillableServer } from '../../servers/killable-server.js';

/** Someone who uses a server that is killed again and again, and checks what is left each time. */
export interface Actor {
  /** Uses the server until it is killed, or for a while. */
  act(server: KillableServer): Promise<void>;

  /** Looks at the folder while no server runs. */
  inspect(): Promise<void>;

  /** Looks at what a server says of it whose disk is full. */
  look?(server: KillableServer): Promise<void>;

  /** Looks at what a new server has made of it. */
  check(server: KillableServer): Promise<void>;

  /** Brings everything to its end, on a server that is not killed any more, and checks that. */
  finish(server: KillableServer): Promise<void>;
}
