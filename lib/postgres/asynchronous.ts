/** What a statement selects so that its commit is not waited for until it is on disk. */
export const ASYNCHRONOUS = `set_config('synchronous_commit', 'off', true)`;
