import type { LoggerService, LogLevel } from '@nestjs/common';
import { isTempFolder } from './temp-folder.js';

/** One line an app logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** Whether a line tells only that the folders of tests are in memory, as on some machines they are. */
function isOfTests(text: string): boolean {
  return isTempFolder(text) && text.includes(' is in memory (');
}

/** A Nest logger that prints nothing and keeps every line. */
export class LogCollector implements LoggerService {
  readonly lines: LogLine[] = [];

  log(...parts: unknown[]): void {
    this.keep('log', parts);
  }

  error(...parts: unknown[]): void {
    this.keep('error', parts);
  }

  warn(...parts: unknown[]): void {
    this.keep('warn', parts);
  }

  debug(...parts: unknown[]): void {
    this.keep('debug', parts);
  }

  verbose(...parts: unknown[]): void {
    this.keep('verbose', parts);
  }

  fatal(...parts: unknown[]): void {
    this.keep('fatal', parts);
  }

  private keep(level: LogLevel, parts: unknown[]): void {
    const texts = parts.map((part) => (part instanceof Error ? part.stack : String(part)));
    const text = texts.join(' ');
    if (!isOfTests(text)) this.lines.push({ level, text });
  }
}

/**
 * What was logged since a moment.
 *
 * Nest has one logger per process, so lines of apps that run at the same time are mixed.
 */
export class CollectedLogs {
  private readonly start: number;

  constructor(private readonly collector: LogCollector) {
    this.start = collector.lines.length;
  }

  /** Texts of the lines of one level, oldest first. */
  of(level: LogLevel): string[] {
    return this.collector.lines
      .slice(this.start)
      .filter((line) => line.level === level)
      .map((line) => line.text);
  }

  /** Texts of everything logged as an error or worse. */
  errors(): string[] {
    return [...this.of('error'), ...this.of('fatal')];
  }
}
