import {
  concatMap,
  defer,
  EMPTY,
  filter,
  map,
  merge,
  startWith,
  takeWhile,
  type Observable,
} from 'rxjs';
import type { Upload, UploadEvent } from '../interfaces/index.js';
import { UploadNotFoundError } from '../uploads/index.js';

/**
 * One upload as it is, and each time it has advanced, up to its end.
 *
 * @param find looks at it; asked only once events are listened to, so that none is missed
 * @param missed$ tells when events may have been missed all the same, so that it is looked at again
 */
export function watch(
  events$: Observable<UploadEvent>,
  id: string,
  find: () => Promise<Upload | undefined>,
  missed$: Observable<unknown> = EMPTY,
): Observable<Upload> {
  return defer(() => {
    let known = -1;
    const live$ = events$.pipe(
      filter(({ upload }) => upload.id === id),
      map(({ upload }) => upload),
    );
    const seen$ = missed$.pipe(
      startWith(undefined),
      concatMap(async () => (await find()) ?? fail(id)),
    );
    return merge(live$, seen$).pipe(
      // What was looked up may be older than what has been told meanwhile.
      filter(({ state, offset }) => state !== 'receiving' || offset > known),
      map((upload) => {
        known = upload.offset;
        return upload;
      }),
      takeWhile(({ state }) => state === 'receiving', true),
    );
  });
}

function fail(id: string): never {
  throw new UploadNotFoundError(id);
}
