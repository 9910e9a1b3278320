/** The URL is the state: the path names the screen, the query its filters and selection. */
class Router {
  #url = $state.raw(new URL(location.href));
  /** By itself, so that a change of the query alone does not concern whoever reads the path. */
  #path = $state(location.pathname);

  constructor() {
    addEventListener('popstate', () => this.#set(new URL(location.href)));
    document.addEventListener('click', (event) => this.#click(event));
  }

  get path(): string {
    return this.#path;
  }

  get search(): string {
    return this.#url.search;
  }

  get(name: string): string | null {
    return this.#url.searchParams.get(name);
  }

  go(address: string, how: 'push' | 'replace' = 'push'): void {
    const url = new URL(address, location.href);
    if (url.href === location.href) return;
    const new_screen = url.pathname !== location.pathname;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
    this.#set(url);
    if (new_screen) scrollTo(0, 0);
  }

  /** The address of this screen with some of the query changed; null and '' take a parameter away. */
  with(change: Record<string, string | null>): string {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries(change)) {
      if (value === null || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.pathname + url.search.replaceAll('%3A', ':').replaceAll('%2C', ',');
  }

  change(change: Record<string, string | null>, how: 'push' | 'replace' = 'push'): void {
    this.go(this.with(change), how);
  }

  #set(url: URL): void {
    this.#url = url;
    this.#path = url.pathname;
  }

  /** Plain clicks on links of our own stay in the page. */
  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
