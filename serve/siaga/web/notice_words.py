"""What a public notice says, by language. Every language has every text."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {"en": "English", "id": "Bahasa Indonesia"}

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Cameras and safety at this site",
        "what": "What is watched",
        "what_text": "Cameras at this site look for missing helmets, vests and harnesses, for people in"
        " exclusion"
        " zones, and for cameras that do not work. They do not recognise faces, follow nobody from"
        " camera to"
        " camera, and measure neither attendance nor speed of work. Heads are made unrecognisable before a"
        " picture is stored.",
        "cameras": "Cameras",
        "zones": "Zones",
        "none": "none so far",
        "why": "Why",
        "long": "How long it is kept",
        "long_text": "Pictures and records are deleted {keep} days after they arrived, false alarms"
        " after {wrong}"
        " days. After a serious accident, or when the law asks for it, they are kept longer.",
        "errors": "How often it is wrong",
        "errors_text": "People looked at {reviewed} events of the last 90 days; {share} % of them were"
        " false alarms."
        " What a camera did not see is not counted.",
        "errors_few": "Too few events have been looked at by people to say.",
        "who": "Whom to ask",
        "contest": "Contest something",
        "contest_text": "You may object to a picture, an event or the cameras themselves. You are not"
        " asked who"
        " you are, and no address is stored. You get an answer within {days} days.",
        "your_text": "What is wrong? Say when and where, if you know.",
        "send": "Send",
        "sent": "Your reference number",
        "sent_text": "Keep this number: only with it can the answer be read. Answer by:",
        "status": "Read an answer",
        "reference": "Reference number",
        "look": "Look",
        "open": "Not answered yet. Answer by:",
        "answered": "The answer",
        "unknown": "There is no such number at this site.",
        "empty": "Please write what is wrong.",
        "key": "For inspectors: the key that this service signs with",
    },
    "id": {
        "title": "Kamera dan keselamatan di lokasi ini",
        "what": "Apa yang diawasi",
        "what_text": "Kamera di lokasi ini mencari helm, rompi, dan sabuk pengaman yang tidak dipakai,"
        " orang di zona"
        " terlarang, dan kamera yang tidak berfungsi. Kamera tidak mengenali wajah, tidak mengikuti"
        " orang dari"
        " kamera ke kamera, dan tidak mengukur kehadiran atau kecepatan kerja. Kepala disamarkan sebelum"
        " gambar disimpan.",
        "cameras": "Kamera",
        "zones": "Zona",
        "none": "belum ada",
        "why": "Mengapa",
        "long": "Berapa lama disimpan",
        "long_text": "Gambar dan catatan dihapus {keep} hari setelah diterima, alarm palsu setelah"
        " {wrong} hari."
        " Setelah kecelakaan berat, atau jika hukum memintanya, disimpan lebih lama.",
        "errors": "Seberapa sering salah",
        "errors_text": "Orang memeriksa {reviewed} kejadian dalam 90 hari terakhir; {share} % di"
        " antaranya alarm"
        " palsu. Yang tidak terlihat oleh kamera tidak dihitung.",
        "errors_few": "Belum cukup kejadian yang diperiksa orang untuk menyebutkannya.",
        "who": "Siapa yang dapat ditanya",
        "contest": "Ajukan keberatan",
        "contest_text": "Anda boleh berkeberatan atas gambar, kejadian, atau kamera itu sendiri. Anda"
        " tidak ditanya"
        " siapa Anda, dan alamat Anda tidak disimpan. Jawaban diberikan dalam {days} hari.",
        "your_text": "Apa yang salah? Sebutkan kapan dan di mana, jika Anda tahu.",
        "send": "Kirim",
        "sent": "Nomor rujukan Anda",
        "sent_text": "Simpan nomor ini: hanya dengan nomor ini jawaban dapat dibaca. Jawaban paling lambat:",
        "status": "Baca jawaban",
        "reference": "Nomor rujukan",
        "look": "Lihat",
        "open": "Belum dijawab. Jawaban paling lambat:",
        "answered": "Jawabannya",
        "unknown": "Nomor itu tidak ada di lokasi ini.",
        "empty": "Tuliskan apa yang salah.",
        "key": "Untuk pengawas: kunci yang dipakai layanan ini untuk menandatangani",
    },
}


def language_of(asked: str | None, accepted: str | None) -> str:
    """The language of a page: as asked for in the address, else the first that the browser likes."""
    if asked in TEXTS:
        return str(asked)
    for part in (accepted or "").split(","):
        name = part.split(";")[0].strip().split("-")[0].lower()
        if name in TEXTS:
            return name
    return "en"
