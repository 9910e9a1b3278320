export type ThemeName = 'dark' | 'light';

const KEY = 'plomb-theme';

function stored(): ThemeName | null {
  try {
    const name = localStorage.getItem(KEY);
    return name === 'dark' || name === 'light' ? name : null;
  } catch {
    return null;
  }
}

/** Dark or light: as the computer prefers until the person chooses, and then as chosen. */
class Theme {
  #chosen = $state<ThemeName | null>(stored());
  #preferred = $state<ThemeName>('dark');

  constructor() {
    const query = matchMedia('(prefers-color-scheme: light)');
    this.#preferred = query.matches ? 'light' : 'dark';
    query.addEventListener('change', (event) => {
      this.#preferred = event.matches ? 'light' : 'dark';
      this.#apply();
    });
    this.#apply();
  }

  get name(): ThemeName {
    return this.#chosen ?? this.#preferred;
  }

  toggle(): void {
    this.#chosen = this.name === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem(KEY, this.#chosen);
    } catch {
      // Storage is switched off: the choice holds until the page is closed.
    }
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.name;
  }
}

export const theme = new Theme();
