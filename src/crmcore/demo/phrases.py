"""Names, addresses and request texts in the languages of the demo."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class LocaleData:
    """The data of one language.

    Attributes:
        language: the BCP 47 tag.
        country: the ISO 3166-1 alpha-2 code.
        weight: the frequency of requests in the language.
        female_names: given names; with `female_family_names`, the family names that go with them. `male_names` and `male_family_names` likewise.
        pattern: the format of a full name.
        phone: the beginning of a mobile number, with a 0 for each digit that follows.
        request_texts: what is asked for; ``{n}`` stands for the number of windows.
    """

    language: str
    country: str
    weight: int
    female_names: Sequence[str]
    male_names: Sequence[str]
    female_family_names: Sequence[str]
    male_family_names: Sequence[str]
    pattern: str = "{given} {family}"
    cities: Sequence[str]
    streets: Sequence[str]
    phone: str
    request_texts: Sequence[str]


LOCALES: Final = (
    LocaleData(
        language="uz",
        country="UZ",
        weight=30,
        female_names=("Dilnoza", "Gulnora", "Madina", "Nigora", "Zulfiya", "Sevara", "Feruza"),
        male_names=("Aziz", "Jasur", "Otabek", "Shahzod", "Bobur", "Ulug‘bek", "Sardor"),
        female_family_names=("Karimova", "Yo‘ldosheva", "Rahimova", "To‘rayeva", "G‘aniyeva"),
        male_family_names=("Karimov", "Yo‘ldoshev", "Rahimov", "To‘rayev", "G‘aniyev"),
        cities=("Toshkent", "Samarqand", "Farg‘ona", "Buxoro"),
        streets=("Amir Temur ko‘chasi {h}", "Mustaqillik ko‘chasi {h}, {f}-xonadon", "Chilonzor {h}"),
        phone="+998 90 000-00-00",
        request_texts=("{n} ta plastik deraza", "{n} ta deraza va balkon eshigi", "{n} ta derazani almashtirish"),
    ),
    LocaleData(
        language="uz-Cyrl",
        country="UZ",
        weight=14,
        female_names=("Дилфуза", "Ҳилола", "Гулчеҳра", "Мукаддас", "Ойгул"),
        male_names=("Шаҳзод", "Ғайрат", "Қудрат", "Ўткир", "Жамшид"),
        female_family_names=("Ўринова", "Қодирова", "Ҳакимова", "Ғуломова"),
        male_family_names=("Ўринов", "Қодиров", "Ҳакимов", "Ғуломов"),
        cities=("Тошкент", "Наманган", "Андижон"),
        streets=("Навоий кўчаси {h}", "Юнусобод {h}, {f}-хонадон"),
        phone="+998 93 000 00 00",
        request_texts=("{n} та пластик дераза", "{n} та дераза ва эшик"),
    ),
    LocaleData(
        language="az",
        country="AZ",
        weight=17,
        female_names=("Aygün", "Günel", "Lalə", "Sevinc", "Nərgiz", "Könül"),
        male_names=("Elçin", "Rəşad", "Vüqar", "Orxan", "Şahin", "İlqar"),
        female_family_names=("Məmmədova", "Əliyeva", "Hüseynova", "Quliyeva"),
        male_family_names=("Məmmədov", "Əliyev", "Hüseynov", "Quliyev"),
        cities=("Bakı", "Gəncə", "Sumqayıt"),
        streets=("Nizami küçəsi {h}", "Füzuli küçəsi {h}, mənzil {f}"),
        phone="+994 50 000 00 00",
        request_texts=("{n} plastik pəncərə", "{n} pəncərə və eyvan qapısı"),
    ),
    LocaleData(
        language="mn",
        country="MN",
        weight=13,
        female_names=("Оюунчимэг", "Сарантуяа", "Энхжаргал", "Нарангэрэл", "Уянга"),
        male_names=("Бат-Эрдэнэ", "Төмөрбаатар", "Ганзориг", "Мөнхбат", "Хүрэлсүх"),
        female_family_names=("Б.", "Д.", "Ө.", "Г."),
        male_family_names=("Б.", "Д.", "Ө.", "Г."),
        pattern="{family} {given}",
        cities=("Улаанбаатар", "Дархан", "Эрдэнэт"),
        streets=("Энхтайвны өргөн чөлөө {h}", "Чингисийн гудамж {h}, {f} тоот"),
        phone="+976 9900 0000",
        request_texts=("{n} вакуум цонх", "{n} цонх солиулах"),
    ),
    LocaleData(
        language="lv",
        country="LV",
        weight=14,
        female_names=("Anna", "Līga", "Ilze", "Kristīne", "Žanete"),
        male_names=("Jānis", "Andris", "Mārtiņš", "Kārlis", "Ģirts"),
        female_family_names=("Bērziņa", "Kalniņa", "Ozoliņa", "Šķēle"),
        male_family_names=("Bērziņš", "Kalniņš", "Ozoliņš", "Šķēle"),
        cities=("Rīga", "Jelgava", "Liepāja"),
        streets=("Brīvības iela {h}-{f}", "Čaka iela {h}", "Ķekavas iela {h}"),
        phone="+371 2000 0000",
        request_texts=("{n} plastikāta logi", "{n} logu nomaiņa ar palodzēm"),
    ),
    LocaleData(
        language="fa",
        country="IR",
        weight=12,
        female_names=("مریم", "زهرا", "فاطمه", "نرگس", "پریسا"),
        male_names=("علی", "محمد", "رضا", "حسین", "کیوان"),
        female_family_names=("کریمی", "رضایی", "محمدی", "شیرازی", "پورعلی‌زاده"),
        male_family_names=("کریمی", "رضایی", "محمدی", "شیرازی", "پورعلی‌زاده"),
        cities=("تهران", "شیراز", "اصفهان"),
        streets=("خیابان ولیعصر، پلاک {h}", "خیابان حافظ، پلاک {h}، واحد {f}"),
        phone="+98 912 000 0000",
        request_texts=("{n} پنجرهٔ دوجداره", "تعویض {n} پنجره (UPVC)"),
    ),
)
"""The languages of the people who send requests."""

SOURCES: Final = (
    ("web site", "", 34),
    ("Instagram", "spring windows", 20),
    ("Telegram", "", 14),
    ("recommendation", "", 13),
    ("advertising", "spring windows", 12),
    ("call", "", 5),
    ("", "", 2),
)
"""Sources of requests: source, campaign, frequency."""
