import type { MetadataScanner } from '@nestjs/core';
import type { HandlerOptions } from '../interfaces/index.js';
import { assertNotStatic, methodNotes, noteMethod } from '../marks/index.js';
import { HANDLER_METADATA } from '../tus.constants.js';

/** What decorated methods are called for, and the decorators. */
export const HANDLER_DECORATORS = {
  created: '@OnUploadCreated',
  progress: '@OnUploadProgress',
  finished: '@OnUploadFinished',
  terminated: '@OnUploadTerminated',
  expired: '@OnUploadExpired',
  failed: '@OnUploadFailed',
  'before-create': '@BeforeUploadCreate',
  'before-finish': '@BeforeUploadFinish',
} as const;

/** What a decorated method is called for. */
export type HandlerKind = keyof typeof HANDLER_DECORATORS;

/** What a decorator left on a method. */
export interface HandlerMark {
  readonly kind: HandlerKind;
  readonly options: HandlerOptions<never>;
}

/** A method with marks, in the order they were left. */
export interface MarkedMethod {
  readonly key: PropertyKey;
  readonly marks: readonly HandlerMark[];
}

/**
 * Leaves a mark on a method, beside those it has: on the function, which may be copied elsewhere,
 * and on its class, where another function may take its place.
 */
export function markHandler(kind: HandlerKind, options: HandlerOptions<never>): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    assertNotStatic(HANDLER_DECORATORS[kind], target, key);
    const method = descriptor.value as object;
    const mark: HandlerMark = { kind, options };
    Reflect.defineMetadata(HANDLER_METADATA, [...marksOn(method), mark], method);
    noteMethod(HANDLER_METADATA, target, key, mark);
  };
}

/** The methods with marks that the objects of a class have. */
export function markedMethods(prototype: object | null, scanner: MetadataScanner): MarkedMethod[] {
  const noted = methodNotes<HandlerMark>(HANDLER_METADATA, prototype);
  const methods = new Map<PropertyKey, readonly HandlerMark[]>();
  for (const key of scanner.getAllMethodNames(prototype)) {
    methods.set(key, marksOn((prototype as Record<string, object>)[key] as object));
  }
  for (const [key, marks] of noted) methods.set(key, [...(methods.get(key) ?? []), ...marks]);
  return [...methods]
    .map(([key, marks]) => ({ key, marks: [...new Set(marks)] }))
    .filter(({ marks }) => marks.length > 0);
}

function marksOn(method: object): readonly HandlerMark[] {
  return (Reflect.getMetadata(HANDLER_METADATA, method) as HandlerMark[] | undefined) ?? [];
}
