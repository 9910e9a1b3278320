import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** The arrows between folders: routes -> features -> {ui, map, state, api, domain, i18n}. */
const forbid = (folders) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: folders.map((folder) => ({
        regex: `/${folder}(/|$)`,
        message: 'This folder may not use it.',
      })),
    },
  ],
});

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/api/generated/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      // Links are made by our own router from paths that begin at the root.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // Maps and sets are replaced, not changed: they are raw state on purpose.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['src/domain/**'],
    rules: forbid(['routes', 'features', 'ui', 'map', 'state', 'api', 'i18n']),
  },
  { files: ['src/ui/**'], rules: forbid(['routes', 'features', 'map', 'state', 'api']) },
  { files: ['src/map/**'], rules: forbid(['routes', 'features', 'state', 'api']) },
  { files: ['src/api/**'], rules: forbid(['routes', 'features', 'ui', 'map', 'state']) },
  { files: ['src/state/**'], rules: forbid(['routes', 'features', 'ui', 'map']) },
  { files: ['src/features/**'], rules: forbid(['routes']) },
);
