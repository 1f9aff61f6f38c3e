/** Nothing that is asked is heard. */
export const HEARS_NOTHING =
  'Notifications do not come through, as behind PgBouncer in transaction mode. Give a direct connection ' +
  'in "listen".';

/** Another instance has the schema. */
export function otherInstance(schema: string, name: string): string {
  const who = name === '' ? 'the instance without a name' : `the instance "${name}"`;
  return (
    `Its schema "${schema}" is in use by ${who}, and each instance needs one of its own. Give this one ` +
    `another ("schema").`
  );
}
