import { IncomingMessage, ServerResponse, type Server } from 'node:http';

/** Express's app, with the prototypes that it gives requests and responses. */
export interface ExpressPrototypes {
  readonly request: object;
  readonly response: object;
}

type Constructor = new (...args: never[]) => object;

/** Events of connections that are taken over; Express never sees their requests. */
const TAKEOVERS = ['upgrade', 'connect'];

/**
 * Lets a server make requests and responses with the prototypes that Express gives them anyway.
 *
 * Express changes the prototypes of each request and response that comes to it, and V8 then knows no
 * shape of theirs any more: whatever is done with one of them takes several times as long, and more
 * garbage outlives its request. Where the prototype is the right one from the start, nothing is changed.
 *
 * Nothing happens with a server whose requests go to something else first, or are of a class of their
 * own. Node keeps the classes, which `http.createServer()` takes as options, under symbols of its own;
 * where a version has no such symbols, Express does what it always does.
 */
export function bearForExpress(server: Server, app: ExpressPrototypes): void {
  const listeners: readonly unknown[] = server.listeners('request');
  if (!listeners.includes(app)) return;
  if (replaceClass(server, IncomingMessage, app.request)) leaveTakeovers(server);
  replaceClass(server, ServerResponse, app.response);
}

function replaceClass(server: Server, usual: Constructor, prototype: object): boolean {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === usual.name,
  );
  if (!symbol || Reflect.get(server, symbol) !== usual || !isFunction(usual)) return false;
  return Reflect.set(server, symbol, withPrototype(prototype, usual));
}

/** Whether a constructor may be called as a function, as Node's may: the prototype of a class is fixed. */
function isFunction(constructor: Constructor): boolean {
  return Object.getOwnPropertyDescriptor(constructor, 'prototype')?.writable === true;
}

/** A constructor of which the prototype is an object that is there already. */
function withPrototype(prototype: object, base: Constructor): Constructor {
  // `Reflect.construct()` would do for classes too, and takes ten times as long.
  function born(this: object, ...args: never[]): void {
    base.apply(this, args);
  }
  return Object.assign(born, { prototype }) as unknown as Constructor;
}

/** Others may give a request properties that Express's prototype has, and lets nobody set. */
function leaveTakeovers(server: Server): void {
  for (const event of TAKEOVERS) if (server.listenerCount(event) > 0) goFirst(server, event);
  server.on('newListener', (event: string, listener: unknown) => {
    if (TAKEOVERS.includes(event) && listener !== asNodeGives) goFirst(server, event);
  });
  server.on('removeListener', (event: string) => {
    // Node hands connections over as long as there is a listener.
    const isLeft = TAKEOVERS.includes(event) && server.listenerCount(event) === 1;
    if (isLeft) server.off(event, asNodeGives);
  });
}

function goFirst(server: Server, event: string): void {
  if (!server.listeners(event).includes(asNodeGives)) server.prependListener(event, asNodeGives);
}

function asNodeGives(req: IncomingMessage): void {
  Object.setPrototypeOf(req, IncomingMessage.prototype);
}
