/** What became of one way of giving a file a name, on a disk whose flush of it fails once. */
export interface NameReport {
  /** The error of the first try, by its name. */
  readonly first: string;
  /** What was there after it: names that are not the file's first one. */
  readonly left: string[];
  /** How the second try ended. */
  readonly second: string;
  /** The text of the file under its new name. */
  readonly text: string;
}

export type Naming = 'place' | 'move' | 'move to another device' | 'make a folder';
