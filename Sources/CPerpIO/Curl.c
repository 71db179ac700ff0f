#include "CPerpIO.h"

CURLcode perp_curl_set_number(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode perp_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode perp_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode perp_curl_set_list(CURL *easy, struct curl_slist *fields) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
}

CURLcode perp_curl_set_callbacks(
    CURL *easy, perp_curl_transfer body, perp_curl_transfer header, perp_curl_transfer upload,
    void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, upload);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_READDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
  return code;
}

CURLcode perp_curl_set_error(CURL *easy, char *error) {
  return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
}

CURLcode perp_curl_result(CURL *easy, long *status, long *sent) {
  CURLcode code = curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
  if (code == CURLE_OK) code = curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, sent);
  return code;
}
