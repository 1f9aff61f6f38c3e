import SwaggerParser from '@apidevtools/swagger-parser';

/**
 * Validates the OpenAPI documents it is sent, in a process of its own: the validator is CommonJS that
 * requires ES modules, and so cannot be loaded inside Jest.
 *
 * It answers each document with what is wrong with it, nothing if it is valid, and ends with its
 * parent.
 */
process.on('message', (document) => {
  SwaggerParser.validate(document as never).then(
    () => process.send?.(''),
    (error: unknown) => process.send?.(String(error)),
  );
});
