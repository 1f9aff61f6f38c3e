/** What Nest asks for only where it is there. */
const OPTIONAL = /^(@nestjs\/(microservices|websockets)|class-(transformer|validator))/;

module.exports = (options, webpack) => ({
  ...options,
  // Everything goes into the bundle, but for what has a native part.
  externals: { lmdb: 'commonjs lmdb' },
  plugins: [...options.plugins, new webpack.IgnorePlugin({ resourceRegExp: OPTIONAL })],
});
