#include "url_shortener/link_store.h"

namespace url_shortener {

void apply(const Edit& edit, Link& link) {
  if (edit.long_url) link.long_url = *edit.long_url;
  if (edit.expires_at) link.expires_at = *edit.expires_at;
  if (edit.max_clicks) link.max_clicks = *edit.max_clicks;
  if (!link.max_clicks) link.clicks_used = 0;
  if (edit.tags) link.tags = *edit.tags;
  ++link.version;
}

}  // namespace url_shortener
