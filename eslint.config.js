import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

// Rules beyond the presets are here because a breach has cost supervisors their users' trust:
// floating promises lose errors, empty catches hide them, a stray clock or environment read makes
// behaviour untestable.
export default tseslint.config(
  { ignores: ['dist/', '.build/', 'coverage/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.property.name='catch'] > ArrowFunctionExpression[body.type='BlockStatement'][body.body.length=0]",
          message:
            'An error is swallowed here: handle it, log it or say in words why it may be ignored.',
        },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings come in at the edge of a program and are handed on from there.',
        },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    // The edges, where a program meets its environment.
    files: [
      '**/main.ts',
      'cli/{connect,daemon-launch,output}.ts',
      'daemon/{greeting,run}.ts',
      'daemon/keeper/start-keeper.ts',
      'daemon/keeper/threads/{host,threads}.ts',
      'modules/api/module.ts',
      'rpc/endpoint.ts',
      'test/**/*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
