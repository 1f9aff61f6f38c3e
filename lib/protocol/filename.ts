import { Buffer } from 'node:buffer';
import type { Metadata } from './metadata.js';
import { trimWhere } from './trim.js';

/** Bytes of UTF-8 most file systems allow a name. */
const MAX_BYTES = 255;

/** What follows the last dot counts as an extension up to this many bytes, the dot included. */
const MAX_EXTENSION_BYTES = 32;

/**
 * Not shown, and able to mislead: controls (C0, DEL, C1), bidirectional marks and overrides, line
 * and paragraph separators, the byte order mark.
 */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu;

/** What Windows forbids in names besides the separators, and surrogates without a partner. */
const FORBIDDEN = /[<>:"|?*]|\p{Surrogate}/gu;

/** Names Windows reads as devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/**
 * Makes a client's file name safe to store a file under, on any file system: one path segment
 * without separators, invisible or forbidden characters, without dots or blanks at its ends, no
 * Windows device, in Unicode form NFC, at most 255 bytes of UTF-8 with the extension kept.
 *
 * @returns the name; `undefined` when nothing is left of it.
 */
export function sanitizeFilename(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const visible = lastSegment(name).replace(INVISIBLE, '').replace(FORBIDDEN, '_');
  const clean = trimEnds(visible.normalize('NFC'));
  if (clean === '') return undefined;
  const fitting = fit(clean);
  // Cutting can lay bare a device name, so this comes last.
  return DEVICE.test(fitting) ? fit(`_${clean}`) : fitting;
}

/** The file's name according to its metadata: the key `filename`, else `name`, made safe. */
export function filenameOf(metadata: Metadata): string | undefined {
  return sanitizeFilename(metadata.text['filename']) ?? sanitizeFilename(metadata.text['name']);
}

function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function trimEnds(name: string): string {
  return trimWhere(name, isDotOrBlank);
}

function isDotOrBlank(character: string): boolean {
  return character === '.' || character.trim() === '';
}

function fit(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  return trimEnds(cut(stem, MAX_BYTES - Buffer.byteLength(extension))) + extension;
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES ? extension : '';
}

/** As much of the text as fits into so many bytes of UTF-8, whole code points only. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
