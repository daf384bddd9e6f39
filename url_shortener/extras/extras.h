// What interviews do not ask for and users do: batches, QR codes, import and export. Off the reading tour.

#pragma once

#include "common/http/router.h"
#include "url_shortener/extras/batch.h"
#include "url_shortener/extras/export.h"
#include "url_shortener/extras/import.h"
#include "url_shortener/extras/parts.h"
#include "url_shortener/extras/qr_picture.h"

namespace url_shortener {

class Extras {
 public:
  // All of `parts` outlive this.
  explicit Extras(const ExtraParts& parts) : batch_(parts), export_(parts), import_(parts), qr_(parts) {}

  // This must outlive the router's use.
  void add_routes(common::http::Router& router) {
    batch_.add_routes(router);
    export_.add_routes(router);
    import_.add_routes(router);
    qr_.add_routes(router);
  }

 private:
  LinkBatch batch_;
  LinkExport export_;
  LinkImport import_;
  QrPicture qr_;
};

}  // namespace url_shortener
